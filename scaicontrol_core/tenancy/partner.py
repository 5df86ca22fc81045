"""Partner: the operator itself, or a reseller; owns tenants and may sell in its own name."""

from __future__ import annotations

from datetime import datetime

from attrs import define, field, frozen

from scaicontrol_core.kernel.checks import check_fields, required
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.events import Event, Recorder, changed
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.tenancy.events import (
    PartnerBillingLinked,
    PartnerBillingUpdated,
    PartnerConfigured,
    PartnerCreated,
    PartnerVatNumberChecked,
)
from scaicontrol_core.tenancy.seller import POLICY_FIELDS, SELLER_FIELDS, PartnerConfiguration
from scaicontrol_core.tenancy.vat_evidence import NEVER_CHECKED, VatNumberEvidence

_CHECKS = {"name": required(200)}


@frozen(kw_only=True)
class NewPartner:
    """A partner as it comes on board."""

    name: str
    configuration: PartnerConfiguration = field(factory=PartnerConfiguration)

    def __attrs_post_init__(self) -> None:
        """Refuse an empty name."""
        check_fields(self, _CHECKS)


@define(kw_only=True, eq=False)
class Partner(Recorder):
    """A seller. Exactly one partner is the operator.

    ``billing_linked_at`` is when it first became billable (UTC), which is announced once. ``vat_evidence``
    is what is known about its own VAT number, for what it buys.
    """

    id: PartnerId
    name: str
    is_operator: bool = False
    configuration: PartnerConfiguration = field(factory=PartnerConfiguration)
    created_at: datetime
    billing_linked_at: datetime | None = None
    vat_evidence: VatNumberEvidence = NEVER_CHECKED
    version: int = 0
    _events: list[Event] = field(factory=list, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Refuse an empty name."""
        check_fields(self, _CHECKS)

    @classmethod
    def create(
        cls, partner_id: PartnerId, name: str, configuration: PartnerConfiguration, now: datetime, *, operator: bool
    ) -> Partner:
        """Take a partner on; announces it as billable if it already is."""
        partner = cls(id=partner_id, name=name, is_operator=operator, configuration=configuration, created_at=now)
        partner._record(
            PartnerCreated(resource_id=partner.id, partner_id=partner.id, name=partner.name, is_operator=operator)
        )
        partner._link(now)
        return partner

    @property
    def is_billable(self) -> bool:
        """Tell whether legal name and country are set: without them nothing can be invoiced."""
        return self.configuration.is_billable

    @property
    def trading_name(self) -> str:
        """The name customers know it by."""
        return self.configuration.partner_name or self.name

    def rename(self, name: str) -> None:
        """Change the name in the directory."""
        before, self.name = self.name, required(200)(name, "/name")
        if before != self.name:
            self._configured({"name": (before, self.name)})

    def configure(self, new: PartnerConfiguration, now: datetime) -> None:
        """Replace the configuration; records what changed, nothing if nothing did."""
        before, self.configuration = self.configuration, new
        claims = ("seller_vat_number", "seller_country_code")
        known = self.vat_evidence
        if any(getattr(before, name) != getattr(new, name) for name in claims):
            self.vat_evidence = NEVER_CHECKED  # another claim: its evidence starts anew
        forgotten = changed(known, self.vat_evidence)
        self._configured(changed(before, new, *POLICY_FIELDS))
        seller = changed(before, new, *SELLER_FIELDS)
        if seller and self.billing_linked_at is not None:
            self._record(
                PartnerBillingUpdated(
                    resource_id=self.id,
                    partner_id=self.id,
                    ordinal=self.version + 1,
                    changes=seller | forgotten,
                    changed_fields=tuple(seller),
                    seller=new.seller_fields(),
                )
            )
        elif seller and not self._link(now, seller | forgotten):
            self._configured(seller | forgotten)

    def learn_vat_evidence(self, evidence: VatNumberEvidence) -> None:
        """Keep what is known about its VAT number now; ``Invalid`` (``vat_number_missing``) without one."""
        number = self.configuration.seller_vat_number
        if number is None:
            raise Invalid.field("/seller_vat_number", "There is no VAT number.", code="vat_number_missing")
        before, self.vat_evidence = self.vat_evidence, evidence
        self._record(
            PartnerVatNumberChecked(
                resource_id=self.id,
                partner_id=self.id,
                ordinal=self.version + 1,
                changes=changed(before, evidence),
                vat_number=number,
            )
        )

    def _link(self, now: datetime, changes: dict[str, tuple[object, object]] | None = None) -> bool:
        if self.billing_linked_at is not None or not self.is_billable:
            return False
        self.billing_linked_at = now
        self._record(
            PartnerBillingLinked(
                resource_id=self.id,
                partner_id=self.id,
                changes=changes or {},
                seller=self.configuration.seller_fields(),
            )
        )
        return True

    def _configured(self, changes: dict[str, tuple[object, object]]) -> None:
        if changes:
            self._record(
                PartnerConfigured(resource_id=self.id, partner_id=self.id, ordinal=self.version + 1, changes=changes)
            )
