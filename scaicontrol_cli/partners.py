"""``scaicontrol admin partners``: the operator and its resellers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from scaicontrol_cli import brand, commissions
from scaicontrol_cli.arguments import (
    DEFAULT_LIMIT,
    AsJson,
    Cursor,
    ExpectedVersion,
    Limit,
    PageNumber,
    PartnerArgument,
    Sort,
    page,
)
from scaicontrol_cli.context import Session, call
from scaicontrol_cli.groups import group
from scaicontrol_cli.naming import partner_named
from scaicontrol_cli.output import Column, Json, columns, print_item, print_json, print_page

if TYPE_CHECKING:
    from scaicontrol_core.tenancy.partner import Partner

app = group("The operator and its resellers: who sells, and how.")
app.add_typer(brand.app, name="assets")
commissions.add_to(app)
_SHOWN = columns(
    "id",
    "name",
    "is_operator",
    "is_billable",
    Column("billing model", lambda row: row["configuration"]["billing_model"]),
    Column("number prefix", lambda row: row["configuration"]["invoice_number_prefix"]),
)
_File = Annotated[str | None, typer.Option(help="The configuration's fields as a YAML or JSON file.")]
_Set = Annotated[
    list[str] | None, typer.Option("--set", help="A field of the configuration: --set iban=NL… (repeatable).")
]


def partner_json(partner: Partner) -> Json:
    """Return a partner with its configuration as JSON; whose names speak of secrets is redacted."""
    from scaicontrol_core.audit.projection import redact
    from scaicontrol_core.kernel.events import to_json

    names = ("id", "name", "is_operator", "is_billable", "configuration", "vat_evidence", "created_at", "version")
    shown: Json = redact({name: to_json(getattr(partner, name)) for name in names})
    return shown


@app.command("list")
def list_partners(
    search: Annotated[str | None, typer.Option(help="Part of the name.")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    page_number: PageNumber = None,
    sort: Sort = None,
    as_json: AsJson = False,
) -> None:
    """List partners."""
    from scaicontrol_core.tenancy.use_cases.list_partners import ListPartners

    request = page(limit, cursor, page_number, sort)
    found = call(lambda session: session.use(ListPartners)(session.actor, request, search))
    print_page(found, partner_json, _SHOWN, as_json=as_json)


@app.command("show")
def show_partner(partner: PartnerArgument, as_json: AsJson = False) -> None:
    """Show a partner and its configuration."""
    from scaicontrol_core.tenancy.use_cases.get_partner import GetPartner

    async def work(session: Session) -> Partner:
        return await session.use(GetPartner)(session.actor, await partner_named(session, partner))

    _print_partner(call(work), as_json=as_json)


@app.command("create")
def create_partner(
    name: Annotated[str, typer.Argument(help="What the partner is called.")],
    operator: Annotated[bool, typer.Option("--operator", help="Make it the operator, if there is none yet.")] = False,
    file: _File = None,
    changes: _Set = None,
    as_json: AsJson = False,
) -> None:
    """Take on a reseller; with --operator, set up the platform's own seller."""
    from scaicontrol_core.tenancy.partner import NewPartner
    from scaicontrol_core.tenancy.seller import PartnerConfiguration
    from scaicontrol_core.tenancy.use_cases.bootstrap_operator import BootstrapOperator
    from scaicontrol_core.tenancy.use_cases.create_partner import CreatePartner

    configuration = PartnerConfiguration().amended(_configuration(file, changes))
    wanted = NewPartner(name=name, configuration=configuration)

    async def work(session: Session) -> Partner:
        if operator:
            return await session.use(BootstrapOperator)(session.actor, wanted)
        return await session.use(CreatePartner)(session.actor, wanted)

    _print_partner(call(work), as_json=as_json)


@app.command("configure")
def configure_partner(
    partner: PartnerArgument,
    name: Annotated[str | None, typer.Option(help="Another name.")] = None,
    file: _File = None,
    changes: _Set = None,
    expected_version: ExpectedVersion = None,
    as_json: AsJson = False,
) -> None:
    """Change the named fields of a partner's configuration; the others stay."""
    from scaicontrol_core.kernel.editing import UNSET
    from scaicontrol_core.tenancy.use_cases.configure_partner import ConfigurePartner, PartnerChanges

    wanted = PartnerChanges(
        name=name if name is not None else UNSET,
        configuration=_configuration(file, changes),
        expected_version=expected_version,
    )

    async def work(session: Session) -> Partner:
        return await session.use(ConfigurePartner)(session.actor, await partner_named(session, partner), wanted)

    _print_partner(call(work), as_json=as_json)


@app.command("attest-vat")
def attest_vat(
    partner: PartnerArgument,
    reason: Annotated[str, typer.Option(help="Why the number is taken as valid; kept and audited.")],
    reference: Annotated[str | None, typer.Option(help="Where the proof is kept.")] = None,
    as_json: AsJson = False,
) -> None:
    """Take a partner's VAT number, or the operator's own, as valid for what it buys."""
    from scaicontrol_core.tenancy.use_cases.attest_partner_vat_number import AttestPartnerVatNumber, PartnerAttestation

    attestation = PartnerAttestation(note=reason, reference=reference)

    async def work(session: Session) -> Partner:
        partner_id = await partner_named(session, partner)
        return await session.use(AttestPartnerVatNumber)(session.actor, partner_id, attestation)

    _print_partner(call(work), as_json=as_json)


@app.command("check-vat")
def check_vat(partner: PartnerArgument, as_json: AsJson = False) -> None:
    """Ask VIES about a partner's VAT number, or the operator's own. Without an answer it is pending."""
    from scaicontrol_core.tenancy.use_cases.check_partner_vat_number import CheckPartnerVatNumber

    async def work(session: Session) -> Partner:
        return await session.use(CheckPartnerVatNumber)(session.actor, await partner_named(session, partner))

    _print_partner(call(work), as_json=as_json)


@app.command("consumer-turnover")
def consumer_turnover(
    partner: PartnerArgument,
    year: Annotated[int | None, typer.Option(help="The calendar year (default: the current one).")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what a seller invoiced to consumers of other member states: above EUR 10,000 their own VAT is due."""
    from attrs import asdict

    from scaicontrol_core.billing.use_cases.read_consumer_turnover import ConsumerTurnoverReport, ReadConsumerTurnover

    async def work(session: Session) -> ConsumerTurnoverReport:
        return await session.use(ReadConsumerTurnover)(session.actor, await partner_named(session, partner), year)

    found = call(work)
    shown = asdict(found) | {"turnover_cents": found.turnover_cents, "is_exceeded": found.is_exceeded}
    print_item(shown, as_json=as_json)


def _configuration(file: str | None, changes: list[str] | None) -> dict[str, Any]:
    from scaicontrol_cli.fields import assignments
    from scaicontrol_cli.files import read_object
    from scaicontrol_core.tenancy.seller import PartnerConfiguration

    return (read_object(file) if file else {}) | assignments(PartnerConfiguration, changes or ())


def _print_partner(partner: Partner, *, as_json: bool) -> None:
    shown = partner_json(partner)
    if as_json:
        print_json(shown)
        return
    configuration = shown.pop("configuration")
    print_item(
        shown | {name: value for name, value in configuration.items() if value not in (None, [], {})}, as_json=False
    )
