"""``manage_settings``: what a seller sets."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from scaicontrol_core.access import Permission
from scaicontrol_core.kernel import editing
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.tenancy.partner import NewPartner
from scaicontrol_core.tenancy.seller import PartnerConfiguration
from scaicontrol_core.tenancy.use_cases.configure_partner import ConfigurePartner, PartnerChanges
from scaicontrol_core.tenancy.use_cases.create_partner import CreatePartner
from scaicontrol_http.mcp import fields as given
from scaicontrol_http.mcp.action import Action, Call, Effect, Writing
from scaicontrol_http.tenancy.schemas import PartnerAnswer, PartnerPatch

_ADMIN = (Permission.ADMIN_PARTNERS,)


def _about(text: str, *examples: object) -> Meta:
    return Meta(description=text, examples=list(examples) or None)


def _text(text: str, *examples: object) -> Meta:
    return Meta(description=text, examples=list(examples) or None, max_length=2000)


class One(Action):
    """An action on one partner."""

    partner_id: given.PartnerId

    @property
    def wanted(self) -> PartnerId:
        """Which one."""
        return PartnerId(self.partner_id)


class _Seller(Action):
    partner_name: Annotated[str, _text("Trading name, as documents show it.")] | UnsetType | None = UNSET
    billing_model: (
        Annotated[
            str,
            _text(
                "pass_through (the operator sells, the partner earns a commission), wholesale (the partner sells in its"
                " own name) or self_billed."
            ),
        ]
        | UnsetType
    ) = UNSET
    commission_rate: Annotated[int, _about("In basis points: 2000 is 20 percent.", 2000)] | UnsetType = UNSET
    self_billing_agreed_on: (
        Annotated[date, _about("Day on which it agreed to be billed in its own name.")] | UnsetType | None
    ) = UNSET
    allowed_services: Annotated[list[str], _about("Slugs of services it may sell; none: all.")] | UnsetType = UNSET
    allowed_plans: Annotated[list[str], _about("Keys of plans it may sell; none: all.")] | UnsetType = UNSET
    branding: Annotated[dict[str, Any], _about("Colours and the like, by name.")] | UnsetType = UNSET
    default_plan_slug: Annotated[str, _text("Plan offered first.")] | UnsetType | None = UNSET
    provider_config: (
        Annotated[dict[str, Any], _about("Its payment providers; no secrets, they belong in the store.")] | UnsetType
    ) = UNSET
    invoice_template_name: Annotated[str, _text("Name of its template of invoices.")] | UnsetType | None = UNSET
    email_template_name: Annotated[str, _text("Name of its template of e-mails.")] | UnsetType | None = UNSET
    legal_name: Annotated[str, _text("Who sells, as it stands on invoices.", "Reseller GmbH")] | UnsetType | None = (
        UNSET
    )
    seller_address_line1: Annotated[str, _text("Street and number.")] | UnsetType | None = UNSET
    seller_address_line2: Annotated[str, _text("More of the address.")] | UnsetType | None = UNSET
    seller_postal_code: Annotated[str, _text("Postal code.")] | UnsetType | None = UNSET
    seller_city: Annotated[str, _text("City.")] | UnsetType | None = UNSET
    seller_country_code: Annotated[str, _text("ISO 3166 code of its country.", "DE")] | UnsetType | None = UNSET
    seller_vat_number: (
        Annotated[str, _text("VAT number with its country's prefix.", "DE136695976")] | UnsetType | None
    ) = UNSET
    seller_registration_number: Annotated[str, _text("Number in the trade register.")] | UnsetType | None = UNSET
    seller_tax_number: Annotated[str, _text("Tax number, where documents must show one.")] | UnsetType | None = UNSET
    seller_email: Annotated[str, _text("Where buyers reach it.")] | UnsetType | None = UNSET
    seller_phone: Annotated[str, _text("Telephone.")] | UnsetType | None = UNSET
    iban: Annotated[str, _text("Account that invoices are paid to.", "NL91ABNA0417164300")] | UnsetType | None = UNSET
    bic: Annotated[str, _text("BIC of its bank.")] | UnsetType | None = UNSET
    bank_name: Annotated[str, _text("Name of its bank.")] | UnsetType | None = UNSET
    account_holder: Annotated[str, _text("Holder of the account, if another than the seller.")] | UnsetType | None = (
        UNSET
    )
    invoice_logo_url: Annotated[str, _text("Its logo: an asset of its own.")] | UnsetType | None = UNSET
    invoice_footer_text: Annotated[str, _text("Text at the foot of each page.")] | UnsetType | None = UNSET
    seller_peppol_id: Annotated[str, _text("Peppol participant id, without its scheme.")] | UnsetType | None = UNSET
    seller_peppol_scheme: Annotated[str, _text("Peppol scheme (EAS code).", "0106")] | UnsetType | None = UNSET
    purchase_einvoice_format: (
        Annotated[str, _text("The e-invoice it wants as a buyer: ubl, xrechnung, cii, zugferd, facturx.")]
        | UnsetType
        | None
    ) = UNSET
    billing_timezone: Annotated[str, _text("Zone whose days count.", "Europe/Amsterdam")] | UnsetType = UNSET
    invoice_number_prefix: Annotated[str, _text("What its numbers begin with.", "SCAI")] | UnsetType | None = UNSET
    fiscal_year_start_month: Annotated[int, _about("Month its fiscal year begins in, 1 to 12.", 1)] | UnsetType = UNSET
    payment_terms_days: Annotated[int, _about("Days until an invoice is due.", 14)] | UnsetType = UNSET
    auto_finalize: Annotated[bool, _about("Whether billing runs number invoices at once.")] | UnsetType = UNSET
    zero_amount_invoices: Annotated[bool, _about("Whether an invoice over nothing is written.")] | UnsetType = UNSET
    oss_registered: Annotated[bool, _about("Whether it takes part in the One Stop Shop.")] | UnsetType = UNSET
    b2c_cross_border_turnover_cents: (
        Annotated[int, _about("Sales to consumers abroad this year that were not invoiced here, euro cents.")]
        | UnsetType
    ) = UNSET
    b2c_cross_border_turnover_last_year_cents: Annotated[int, _about("The same of last year.")] | UnsetType = UNSET
    non_eu_services_category: (
        Annotated[str, _text("VAT category of services to buyers outside the EU.")] | UnsetType
    ) = UNSET
    exempt_before_reverse_charge: (
        Annotated[bool, _about("Whether an exempt buyer is exempt even where it would account for VAT itself.")]
        | UnsetType
    ) = UNSET
    advance_tax_point: Annotated[str, _text("Which day's VAT rate a period charged in advance bears.")] | UnsetType = (
        UNSET
    )
    vat_exemption: Annotated[str, _text("Why it charges no VAT of its own, if it does not.")] | UnsetType = UNSET
    vat_evidence_valid_days: (
        Annotated[int, _about("Days after which a VAT number is checked again.", 30)] | UnsetType
    ) = UNSET
    usage_grace_hours: Annotated[int, _about("Hours that late reports of use are waited for.", 72)] | UnsetType = UNSET
    unverified_vat_number_policy: (
        Annotated[str, _text("What becomes of an invoice whose buyer's VAT number is unverified.")] | UnsetType
    ) = UNSET
    default_currency: Annotated[str, _text("ISO 4217 code of its prices.", "EUR")] | UnsetType = UNSET
    language: Annotated[str, _text("Its own language: en, nl, de, fr, es, it.", "nl")] | UnsetType = UNSET

    @property
    def configuration(self) -> dict[str, Any]:
        """The configuration's fields that were given."""
        named = {name: getattr(self, name) for name in PartnerPatch.__struct_fields__ if name != "name"}
        return PartnerPatch(**named).configuration()


Name = Annotated[str, _text("What it is called among us.", "House")]


class Create(_Seller, Writing, tag="create_partner"):
    """Add a reseller, with whatever of its configuration is known."""

    needs = _ADMIN
    platform = True
    routes = ("POST /admin/partners",)

    name: Name

    async def run(self, call: Call) -> PartnerAnswer:
        """Call ``CreatePartner``."""
        wanted = NewPartner(name=self.name, configuration=PartnerConfiguration().amended(self.configuration))
        return PartnerAnswer.of(await call.use(CreatePartner)(call.actor, wanted))


class Update(_Seller, tag="update_partner"):
    """Change the given fields of a partner; null empties. A reseller cannot change the terms of its contract."""

    effect = Effect.SETS
    needs = _ADMIN
    routes = ("PATCH /admin/partners/{partner_id}",)

    partner_id: given.PartnerId
    name: Name | UnsetType = UNSET
    expected_version: given.ExpectedVersion | None = None

    async def run(self, call: Call) -> PartnerAnswer:
        """Call ``ConfigurePartner``."""
        changes = PartnerChanges(
            name=editing.UNSET if self.name is UNSET else self.name,
            configuration=self.configuration,
            expected_version=self.expected_version,
        )
        return PartnerAnswer.of(await call.use(ConfigurePartner)(call.actor, PartnerId(self.partner_id), changes))


ACTIONS = (Create, Update)
