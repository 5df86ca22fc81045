"""``scaicontrol admin tenants billing-profile|attest-vat|check-vat|…``: the buyer's side of a customer's invoices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from scaicontrol_cli.arguments import (
    DEFAULT_LIMIT,
    AsJson,
    Cursor,
    ExpectedVersion,
    Limit,
    PageNumber,
    PartnerOption,
    Sort,
    TenantArgument,
    page,
)
from scaicontrol_cli.context import Session, call
from scaicontrol_cli.errors import FAILED
from scaicontrol_cli.naming import tenant_named
from scaicontrol_cli.output import Json, columns, print_item, print_note, print_page
from scaicontrol_core.kernel.errors import NotFound

if TYPE_CHECKING:
    from scaicontrol_core.kernel.ids import TenantId
    from scaicontrol_core.kernel.paging import Page
    from scaicontrol_core.tenancy.billing_profile import BillingDetails, BillingProfile
    from scaicontrol_core.tenancy.use_cases.check_vat_number import CheckedVatNumber
    from scaicontrol_core.tenancy.vat_evidence import VatEvidenceRecord


_EVIDENCE = columns("asked_at", "vat_number", "state", "source", "reference", "error_code", "name")


def add_to(app: typer.Typer) -> None:
    """Add the commands to the group of tenants."""
    app.command("billing-profile")(billing_profile)
    app.command("attest-vat")(attest_vat)
    app.command("check-vat")(check_vat)
    app.command("recheck-vat")(recheck_vat)
    app.command("vat-evidence")(vat_evidence)


def profile_json(profile: BillingProfile) -> Json:
    """Return a billing profile as JSON: the buyer's details, what is known of its VAT number, the version."""
    from scaicontrol_core.kernel.events import to_json

    return {
        "tenant_id": profile.tenant_id,
        "details": to_json(profile.details),
        "vat_evidence": to_json(profile.vat_evidence),
        "created_at": to_json(profile.created_at),
        "updated_at": to_json(profile.updated_at),
        "version": profile.version,
    }


def attest_vat(
    tenant: TenantArgument,
    reason: Annotated[str, typer.Option(help="Why the number is taken as valid; kept and audited.")],
    reference: Annotated[str | None, typer.Option(help="Where the proof is kept.")] = None,
    partner: PartnerOption = None,
    as_json: AsJson = False,
) -> None:
    """Take a customer's VAT number as valid on your own responsibility."""
    from scaicontrol_core.tenancy.use_cases.attest_vat_number import Attestation, AttestVatNumber

    attestation = Attestation(note=reason, reference=reference)

    async def work(session: Session) -> BillingProfile:
        tenant_id = await tenant_named(session, tenant, partner)
        return await session.use(AttestVatNumber)(session.actor, tenant_id, attestation)

    _print_profile(call(work), as_json=as_json)


def check_vat(tenant: TenantArgument, partner: PartnerOption = None, as_json: AsJson = False) -> None:
    """Ask VIES about a customer's VAT number; exits with 1 if it says no. Without an answer it is pending."""
    from scaicontrol_core.tenancy.use_cases.check_vat_number import CheckVatNumber
    from scaicontrol_core.tenancy.vat_evidence import VatNumberState

    async def work(session: Session) -> CheckedVatNumber:
        tenant_id = await tenant_named(session, tenant, partner)
        return await session.use(CheckVatNumber)(session.actor, tenant_id)

    found = call(work)
    _print_profile(found.profile, as_json=as_json)
    if found.record is None or found.record.state is VatNumberState.PENDING:
        code = found.record.error_code if found.record else "NOT_REACHED"
        print_note(f"VIES gave no answer ({code}). It is asked again by itself.")
    elif found.record.state is VatNumberState.INVALID:
        raise typer.Exit(FAILED)


def recheck_vat(
    everybody: Annotated[
        bool, typer.Option("--everybody", help="Also those who were never asked and did not change for a day.")
    ] = False,
    seconds: Annotated[int, typer.Option(min=1, max=3600, help="The longest it may take.")] = 60,
    as_json: AsJson = False,
) -> None:
    """Ask VIES about every customer across a border whose evidence is due; exits with 1 if VIES refuses to talk."""
    from scaicontrol_core.kernel.events import to_json
    from scaicontrol_core.tenancy.use_cases.recheck_vat_numbers import RecheckVatNumbers

    report = call(lambda session: session.use(RecheckVatNumbers)(session.actor, everybody=everybody, seconds=seconds))
    print_item(to_json(report), as_json=as_json)
    if report.refused_us:
        raise typer.Exit(FAILED)


def vat_evidence(
    tenant: TenantArgument,
    partner: PartnerOption = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    page_number: PageNumber = None,
    sort: Sort = None,
    as_json: AsJson = False,
) -> None:
    """List every question to VIES about a customer with its answer, and every attestation."""
    from scaicontrol_core.kernel.events import to_json
    from scaicontrol_core.tenancy.use_cases.list_vat_evidence import ListVatEvidence

    request = page(limit, cursor, page_number, sort)

    async def work(session: Session) -> Page[VatEvidenceRecord]:
        tenant_id = await tenant_named(session, tenant, partner)
        return await session.use(ListVatEvidence)(session.actor, tenant_id, request)

    print_page(call(work), to_json, _EVIDENCE, as_json=as_json)


def billing_profile(
    tenant: TenantArgument,
    file: Annotated[str | None, typer.Option(help="Replace the profile by this YAML or JSON file.")] = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="Change a field: --set city=Utrecht (repeatable).")
    ] = None,
    expected_version: ExpectedVersion = None,
    partner: PartnerOption = None,
    as_json: AsJson = False,
) -> None:
    """Show a customer's billing profile; with --file or --set, write it."""
    from scaicontrol_cli.fields import assignments
    from scaicontrol_cli.files import read_object
    from scaicontrol_core.tenancy.billing_profile import BillingDetails

    wanted = read_object(file) if file else None
    changed = assignments(BillingDetails, changes or ())

    async def work(session: Session) -> BillingProfile:
        tenant_id = await tenant_named(session, tenant, partner)
        if wanted is None and not changed:
            return await _present(session, tenant_id)
        return await _write(session, tenant_id, wanted, changed, expected_version)

    _print_profile(call(work), as_json=as_json)


async def _present(session: Session, tenant_id: TenantId) -> BillingProfile:
    from scaicontrol_core.tenancy.use_cases.get_billing_profile import GetBillingProfile

    return await session.use(GetBillingProfile)(session.actor, tenant_id)


async def _write(
    session: Session, tenant_id: TenantId, wanted: Json | None, changed: dict[str, Any], expected: int | None
) -> BillingProfile:
    """Replace the profile; fields that were only named with --set amend the present one."""
    from scaicontrol_core.tenancy.use_cases.set_billing_profile import SetBillingProfile

    if wanted is None:
        try:
            present = await _present(session, tenant_id)
        except NotFound:
            wanted = {}
        else:
            wanted = _fields_of(present)
            expected = present.version if expected is None else expected
    details = _details(wanted | changed)
    return await session.use(SetBillingProfile)(session.actor, tenant_id, details, expected)


def _fields_of(profile: BillingProfile) -> dict[str, Any]:
    from attrs import fields

    return {each.name: getattr(profile.details, each.name) for each in fields(type(profile.details))}


def _details(values: dict[str, Any]) -> BillingDetails:
    from attrs import fields

    from scaicontrol_core.kernel.errors import FieldError, Invalid
    from scaicontrol_core.tenancy.billing_profile import BillingDetails

    unknown = sorted(values.keys() - {each.name for each in fields(BillingDetails)})
    if unknown:
        wrong = [FieldError(f"/{name}", "There is no such field.") for name in unknown]
        raise Invalid(f"There is no field {unknown[0]!r}.", code="field_unknown", fields=wrong)
    return BillingDetails(**({"company_name": "", "country_code": ""} | values))


def _print_profile(profile: BillingProfile, *, as_json: bool) -> None:
    shown = profile_json(profile)
    details, evidence = ({}, {}) if as_json else (shown.pop("details"), shown.pop("vat_evidence"))
    print_item(shown | details | {f"vat_evidence_{name}": value for name, value in evidence.items()}, as_json=as_json)
