"""``manage_settings``: how the installation and its sellers are set up."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, convert

from scaicontrol_adapters.shown_settings import shown_settings
from scaicontrol_core.access import Permission
from scaicontrol_core.audit.subject import PARTNER
from scaicontrol_core.audit.use_cases.read_history import ReadHistory
from scaicontrol_core.billing.use_cases.read_consumer_turnover import ReadConsumerTurnover
from scaicontrol_core.kernel.events import to_json
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.tenancy.use_cases.attest_partner_vat_number import AttestPartnerVatNumber, PartnerAttestation
from scaicontrol_core.tenancy.use_cases.check_partner_vat_number import CheckPartnerVatNumber
from scaicontrol_core.tenancy.use_cases.get_partner import GetPartner
from scaicontrol_core.tenancy.use_cases.list_partners import ListPartners
from scaicontrol_http.audit.schemas import AuditEntryAnswer
from scaicontrol_http.mcp import fields as given
from scaicontrol_http.mcp.action import Action, Call, Confirmed, Listed, Sorted, Writing
from scaicontrol_http.mcp.tool import Tool
from scaicontrol_http.mcp.tools import settings_seller
from scaicontrol_http.mcp.tools.settings_seller import One
from scaicontrol_http.requests import Answer, Listing, listing
from scaicontrol_http.tenancy.schemas import PartnerAnswer

_ADMIN = (Permission.ADMIN_PARTNERS,)
_ONE = "/admin/partners/{partner_id}"


class SettingAnswer(Answer):
    """A setting as it is in force; ``value`` is null if it is not set, and hidden if it is a secret."""

    variable: str
    value: str | None
    is_default: bool
    about: str


class Get(Action, tag="get"):
    """Show the settings of this installation, secrets hidden. They are changed where the server is started."""

    needs = (Permission.ADMIN_PLATFORM,)
    platform = True

    async def run(self, call: Call) -> Listing[SettingAnswer]:
        """Call ``shown_settings``."""
        found = shown_settings(call.actor, call.container.settings)
        items = [
            SettingAnswer(variable=each.variable, value=each.value, is_default=each.is_default, about=each.about)
            for each in found
        ]
        return Listing(items=items, total=len(items), next_cursor=None)


class ListPartnersAction(Sorted, tag="list_partners"):
    """List the operator and its resellers, each a seller with a configuration."""

    needs = _ADMIN
    routes = ("GET /admin/partners",)

    search: given.Search | None = None

    async def run(self, call: Call) -> Listing[PartnerAnswer]:
        """Call ``ListPartners``."""
        return listing(await call.use(ListPartners)(call.actor, call.page, self.search), PartnerAnswer.of)


class GetPartnerAction(One, tag="get_partner"):
    """Show a partner: identity as a seller, bank, numbering, VAT and billing policy; secrets hidden."""

    needs = _ADMIN
    routes = (f"GET {_ONE}",)

    async def run(self, call: Call) -> PartnerAnswer:
        """Call ``GetPartner``."""
        return PartnerAnswer.of(await call.use(GetPartner)(call.actor, self.wanted))


class CheckVat(One, Writing, tag="check_vat_number"):
    """Ask the EU's register (VIES) about a partner's VAT number now, and keep its answer as evidence."""

    needs = _ADMIN
    routes = (f"POST {_ONE}/vat-check",)

    async def run(self, call: Call) -> PartnerAnswer:
        """Call ``CheckPartnerVatNumber``."""
        return PartnerAnswer.of(await call.use(CheckPartnerVatNumber)(call.actor, self.wanted))


class AttestVat(One, Confirmed, tag="attest_vat_number"):
    """Take a partner's VAT number as valid for what it buys, on the operator's own word."""

    needs = _ADMIN
    platform = True
    routes = (f"POST {_ONE}/vat-attestation",)

    note: Annotated[str, Meta(max_length=2000, description="Why, for the auditor.")]
    reference: Annotated[str, Meta(max_length=255, description="Where the proof is.")] | None = None

    async def run(self, call: Call) -> PartnerAnswer:
        """Call ``AttestPartnerVatNumber``."""
        attestation = PartnerAttestation(note=self.note, reference=self.reference)
        return PartnerAnswer.of(await call.use(AttestPartnerVatNumber)(call.actor, self.wanted, attestation))


class TurnoverAnswer(Answer):
    """Sales to consumers of other member states in a year, in euro cents, against the line of EUR 10,000."""

    seller_id: str
    year: int
    applies: bool
    invoiced_cents: int
    declared_cents: int
    last_year_cents: int
    threshold_cents: int


class Turnover(One, tag="consumer_turnover"):
    """Show how near a seller is to the line beyond which consumers abroad pay their own country's VAT."""

    needs = (Permission.ADMIN_BILLING,)

    year: Annotated[int, Meta(ge=2000, le=2200, description="Calendar year; the current one without it.")] | None = None

    async def run(self, call: Call) -> TurnoverAnswer:
        """Call ``ReadConsumerTurnover``."""
        found = await call.use(ReadConsumerTurnover)(call.actor, self.wanted, self.year)
        return convert(to_json(found), TurnoverAnswer)


class History(One, Listed, tag="history"):
    """Tell what was changed of a partner and who did it, newest first."""

    needs = _ADMIN
    routes = (f"GET {_ONE}/history",)

    async def run(self, call: Call) -> Listing[AuditEntryAnswer]:
        """Call ``ReadHistory``."""
        return listing(
            await call.use(ReadHistory)(call.actor, PARTNER, PartnerId(self.partner_id), call.page),
            AuditEntryAnswer.of,
        )


TOOL = Tool(
    name="manage_settings",
    title="Settings",
    about="How the installation is set up, and its sellers: identity, bank, numbering, payment terms, VAT policy.",
    actions=(
        Get,
        ListPartnersAction,
        GetPartnerAction,
        *settings_seller.ACTIONS,
        CheckVat,
        AttestVat,
        Turnover,
        History,
    ),
    reaches_out=True,
)
