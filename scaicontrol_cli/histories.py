"""``history`` in every group of commands whose things have a life: what befell one of them, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scaicontrol_cli.arguments import (
    DEFAULT_LIMIT,
    AsJson,
    Cursor,
    Limit,
    PartnerArgument,
    PartnerOption,
    TenantArgument,
    page,
)
from scaicontrol_cli.context import Session, call
from scaicontrol_cli.history import print_history
from scaicontrol_cli.naming import partner_named, tenant_named

if TYPE_CHECKING:
    from collections.abc import Callable

    from scaicontrol_core.audit.entry import AuditEntry
    from scaicontrol_core.kernel.paging import Page

_Profile = Annotated[bool, typer.Option("--billing-profile", help="Only of the billing profile and its VAT number.")]
_Plan = Annotated[str, typer.Argument(help="A plan's key (service.plan), or a service's slug.", metavar="PLAN")]
_Pack = Annotated[str, typer.Argument(help="A pack's slug, or the id of a subscription to one.", metavar="PACK")]
_Payment = Annotated[str, typer.Argument(help="The payment's id.", metavar="PAYMENT")]
_Template = Annotated[str, typer.Argument(help="The template's id.", metavar="TEMPLATE")]
_Run = Annotated[str, typer.Argument(help="The run's id.", metavar="RUN")]
#: With what the ids of subscriptions to packs begin; no slug has an underscore.
_PACK_SUBSCRIPTION = "pks_"


def add_to(groups: dict[str, typer.Typer]) -> None:
    """Add ``history`` to the groups, by name."""
    commands: dict[str, Callable[..., None]] = {
        "tenants": tenant_history,
        "partners": partner_history,
        "plans": plan_history,
        "packs": pack_history,
        "payments": payment_history,
        "templates": template_history,
        "billing": run_history,
    }
    for name, command in commands.items():
        groups[name].command("history")(command)


def tenant_history(
    tenant: TenantArgument,
    partner: PartnerOption = None,
    billing_profile: _Profile = False,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    as_json: AsJson = False,
) -> None:
    """Show what happened to a customer, newest first."""
    from scaicontrol_core.audit.subject import BILLING_PROFILE, TENANT
    from scaicontrol_core.audit.use_cases.read_history import ReadHistory

    request, subject = page(limit, cursor, None, None), BILLING_PROFILE if billing_profile else TENANT

    async def work(session: Session) -> Page[AuditEntry]:
        tenant_id = await tenant_named(session, tenant, partner)
        return await session.use(ReadHistory)(session.actor, subject, tenant_id, request)

    print_history(call(work), as_json=as_json)


def partner_history(
    partner: PartnerArgument, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None, as_json: AsJson = False
) -> None:
    """Show what happened to a partner, newest first."""
    from scaicontrol_core.audit.subject import PARTNER
    from scaicontrol_core.audit.use_cases.read_history import ReadHistory

    request = page(limit, cursor, None, None)

    async def work(session: Session) -> Page[AuditEntry]:
        partner_id = await partner_named(session, partner)
        return await session.use(ReadHistory)(session.actor, PARTNER, partner_id, request)

    print_history(call(work), as_json=as_json)


def plan_history(plan: _Plan, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None, as_json: AsJson = False) -> None:
    """Show what happened to a plan or a service, newest first: what it cost when."""
    from scaicontrol_core.catalog.use_cases.read_catalogue_history import CatalogueSubject, ReadCatalogueHistory

    subject = CatalogueSubject.PLAN if "." in plan else CatalogueSubject.SERVICE
    request = page(limit, cursor, None, None)
    found = call(lambda session: session.use(ReadCatalogueHistory)(session.actor, subject, plan, request))
    print_history(found, as_json=as_json)


def pack_history(pack: _Pack, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None, as_json: AsJson = False) -> None:
    """Show what happened to a pack, or to a subscription to one, newest first."""
    from scaicontrol_core.audit.subject import PACK_SUBSCRIPTION
    from scaicontrol_core.audit.use_cases.read_history import ReadHistory
    from scaicontrol_core.catalog.use_cases.read_catalogue_history import CatalogueSubject, ReadCatalogueHistory

    request = page(limit, cursor, None, None)

    async def work(session: Session) -> Page[AuditEntry]:
        if pack.startswith(_PACK_SUBSCRIPTION):
            return await session.use(ReadHistory)(session.actor, PACK_SUBSCRIPTION, pack, request)
        return await session.use(ReadCatalogueHistory)(session.actor, CatalogueSubject.PACK, pack, request)

    print_history(call(work), as_json=as_json)


def payment_history(
    payment: _Payment, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None, as_json: AsJson = False
) -> None:
    """Show what happened to a payment or a refund, newest first."""
    from scaicontrol_core.audit.subject import PAYMENT
    from scaicontrol_core.audit.use_cases.read_history import ReadHistory

    request = page(limit, cursor, None, None)
    found = call(lambda session: session.use(ReadHistory)(session.actor, PAYMENT, payment, request))
    print_history(found, as_json=as_json)


def template_history(
    template: _Template, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None, as_json: AsJson = False
) -> None:
    """Show what happened to a template, newest first."""
    from scaicontrol_core.audit.subject import TEMPLATE
    from scaicontrol_core.audit.use_cases.read_history import ReadHistory

    request = page(limit, cursor, None, None)
    found = call(lambda session: session.use(ReadHistory)(session.actor, TEMPLATE, template, request))
    print_history(found, as_json=as_json)


def run_history(run: _Run, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None, as_json: AsJson = False) -> None:
    """Show when a billing run began and ended, newest first."""
    from scaicontrol_core.audit.subject import BILLING_RUN
    from scaicontrol_core.audit.use_cases.read_history import ReadHistory

    request = page(limit, cursor, None, None)
    found = call(lambda session: session.use(ReadHistory)(session.actor, BILLING_RUN, run, request))
    print_history(found, as_json=as_json)
