"""What a customer pays with: by bank transfer, always; by direct debit, where it signed a mandate."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from attrs import define, field, frozen

from scaicontrol_core.kernel.clock import rfc3339
from scaicontrol_core.kernel.events import Event, Recorder
from scaicontrol_core.kernel.ids import PartnerId, PaymentMethodId, TenantId
from scaicontrol_core.payments.errors import PaymentMethodDetached
from scaicontrol_core.payments.lifecycle import METHOD_LIFECYCLE, MethodStatus, PaymentMethod
from scaicontrol_core.payments.method_events import MethodAdded, MethodDefaultChanged, MethodDetached, MethodEvent

if TYPE_CHECKING:
    from scaicontrol_core.tenancy.partner import Partner

#: As many as one customer can have, detached ones included: its list is shown whole.
MAX_METHODS = 100
#: What a transfer quotes.
INVOICE_NUMBER = "invoice_number"
_COUNTRY, _LAST = 2, 4


def masked(iban: str) -> str:
    """Return the account's country and last four characters, the rest as stars."""
    return f"{iban[:_COUNTRY]}{'*' * (len(iban) - _COUNTRY - _LAST)}{iban[-_LAST:]}"


@define(kw_only=True, eq=False)
class StoredMethod(Recorder):
    """A SEPA direct debit mandate: the debtor lets ``seller_id``, the creditor, collect from its account.

    ``mandate_reference`` is one of a kind per creditor. ``iban`` is the debtor's, whole, for whoever
    collects; everybody else sees it ``masked``. ``signed_on`` is the seller's day. ``default_for`` is the
    tenant while this is what it pays with unless said otherwise: one at most, and never a detached one.
    """

    id: PaymentMethodId
    partner_id: PartnerId
    tenant_id: TenantId
    seller_id: PartnerId
    mandate_reference: str
    debtor_name: str
    iban: str = field(repr=masked)
    bic: str | None = None
    signed_on: date
    created_at: datetime
    status: MethodStatus = MethodStatus.ACTIVE
    default_for: TenantId | None = None
    detached_at: datetime | None = None
    version: int = 0
    _events: list[Event] = field(factory=list, init=False, repr=False)

    @property
    def is_active(self) -> bool:
        """Tell whether it may be used."""
        return self.status is MethodStatus.ACTIVE

    @property
    def is_default(self) -> bool:
        """Tell whether its tenant pays with it unless said otherwise."""
        return self.default_for is not None

    # -- verbs -------------------------------------------------------------------------------

    def record_creation(self) -> StoredMethod:
        """Say in the log that it is new, its account masked; returns itself."""
        told: dict[str, Any] = {"debtor_name": self.debtor_name, "signed_on": self.signed_on, "bic": self.bic}
        self._tell(MethodAdded, iban=masked(self.iban), **told)
        return self

    def make_default(self) -> None:
        """Let the tenant pay with it; nothing if it does already. Raises ``PaymentMethodDetached``."""
        if not self.is_active:
            raise PaymentMethodDetached
        self._set_default(self.tenant_id)

    def clear_default(self) -> None:
        """Let the tenant pay with something else; nothing if it does already."""
        self._set_default(None)

    def detach(self, at: datetime) -> None:
        """Take it back for good, and its being the default. Raises ``InvalidTransition`` the second time."""
        before = self.status
        self._move(MethodStatus.DETACHED)
        default, self.default_for = self.default_for, None
        self.detached_at = at
        changes: dict[str, tuple[Any, Any]] = {
            "status": (before.value, self.status.value),
            "detached_at": (None, rfc3339(at)),
        }
        self._tell(MethodDetached, changes | ({"default_for": (default, None)} if default else {}))

    # -- inside ------------------------------------------------------------------------------

    def _move(self, target: MethodStatus) -> None:
        METHOD_LIFECYCLE.require(self.status, target)
        self.status = target

    def _set_default(self, wanted: TenantId | None) -> None:
        before, self.default_for = self.default_for, wanted
        if before != wanted:
            self._tell(MethodDefaultChanged, {"default_for": (before, wanted)}, is_default=wanted is not None)

    def _tell(self, kind: type[MethodEvent], changes: dict[str, tuple[Any, Any]] | None = None, **more: Any) -> None:
        self._record(
            kind(
                resource_id=self.id,
                partner_id=self.partner_id,
                tenant_id=self.tenant_id,
                ordinal=self.version + 1,
                changes=changes or {},
                kind=PaymentMethod.SEPA_DEBIT.value,
                seller_id=self.seller_id,
                mandate_reference=self.mandate_reference,
                **more,
            )
        )


@frozen(kw_only=True)
class ShownMethod:
    """A way to pay as anybody may see it.

    A bank transfer is no row: it has no id, shows the seller's own account whole and quotes what
    ``transfer_reference`` names. Of a mandate ``iban`` is masked and ``holder`` the debtor.
    """

    id: PaymentMethodId | None
    tenant_id: TenantId
    seller_id: PartnerId
    kind: PaymentMethod
    status: MethodStatus
    is_default: bool
    holder: str | None
    iban: str | None
    bic: str | None
    transfer_reference: str | None = None
    mandate_reference: str | None = None
    signed_on: date | None = None
    created_at: datetime | None = None
    detached_at: datetime | None = None
    version: int | None = None


def shown(method: StoredMethod) -> ShownMethod:
    """Show a mandate, its account masked."""
    return ShownMethod(
        id=method.id,
        tenant_id=method.tenant_id,
        seller_id=method.seller_id,
        kind=PaymentMethod.SEPA_DEBIT,
        status=method.status,
        is_default=method.is_default,
        holder=method.debtor_name,
        iban=masked(method.iban),
        bic=method.bic,
        mandate_reference=method.mandate_reference,
        signed_on=method.signed_on,
        created_at=method.created_at,
        detached_at=method.detached_at,
        version=method.version,
    )


def bank_transfer(tenant_id: TenantId, seller: Partner, *, is_default: bool) -> ShownMethod:
    """Show where a tenant transfers to: the account that the seller's invoices name, if it has one."""
    own = seller.configuration
    return ShownMethod(
        id=None,
        tenant_id=tenant_id,
        seller_id=seller.id,
        kind=PaymentMethod.BANK_TRANSFER,
        status=MethodStatus.ACTIVE,
        is_default=is_default,
        holder=own.account_holder or own.legal_name,
        iban=own.iban,
        bic=own.bic,
        transfer_reference=INVOICE_NUMBER,
    )
