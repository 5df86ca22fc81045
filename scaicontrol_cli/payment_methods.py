"""``scaicontrol admin payments methods``: what a customer pays with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scaicontrol_cli.arguments import (
    DEFAULT_LIMIT,
    AsJson,
    Cursor,
    Limit,
    TenantArgument,
    Yes,
    choice,
    day,
    page,
    require_yes,
)
from scaicontrol_cli.completion import words
from scaicontrol_cli.context import Session, call
from scaicontrol_cli.groups import group
from scaicontrol_cli.history import print_history
from scaicontrol_cli.naming import tenant_named
from scaicontrol_cli.output import Json, columns, print_item, print_json, print_rows
from scaicontrol_core.kernel.ids import PaymentMethodId

if TYPE_CHECKING:
    from scaicontrol_core.payments.payment_method import ShownMethod

app = group("Payment methods: bank transfer, which is always there, and mandates for direct debit.")

_SHOWN = columns("id", "kind", "is_default", "holder", "iban", "mandate_reference", "signed_on", "status")
_Method = Annotated[str, typer.Argument(help="The payment method's id.", metavar="METHOD")]


@app.command("list")
def list_methods(
    tenant: TenantArgument,
    status: Annotated[
        str | None,
        typer.Option(
            help="active (default) or detached.",
            autocompletion=words("scaicontrol_core.payments.lifecycle:MethodStatus"),
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List what a customer can pay with; customers' accounts are masked."""
    from scaicontrol_core.payments.lifecycle import MethodStatus
    from scaicontrol_core.payments.use_cases.list_payment_methods import ListPaymentMethods

    wanted = choice(MethodStatus, status, "/status")

    async def work(session: Session) -> tuple[ShownMethod, ...]:
        return await session.use(ListPaymentMethods)(session.actor, await tenant_named(session, tenant), wanted)

    found = [_method_json(method) for method in call(work)]
    if as_json:
        print_json({"items": found, "total": len(found), "next_cursor": None})
        return
    print_rows(found, _SHOWN)


@app.command("add")
def add_method(
    tenant: TenantArgument,
    reference: Annotated[str, typer.Option(help="The mandate's reference, one of a kind per seller.")],
    debtor: Annotated[str, typer.Option(help="Whose account it is.")],
    iban: Annotated[str, typer.Option(help="The account.")],
    signed_on: Annotated[str, typer.Option("--signed-on", help="Day of the signature, YYYY-MM-DD.")],
    bic: Annotated[str | None, typer.Option(help="The bank; needed outside the EEA.")] = None,
    default: Annotated[bool, typer.Option("--default", help="The customer pays with it from now on.")] = False,
    as_json: AsJson = False,
) -> None:
    """Record a SEPA direct debit mandate that a customer signed."""
    from scaicontrol_core.kernel.errors import Invalid
    from scaicontrol_core.payments.method_input import NewPaymentMethod
    from scaicontrol_core.payments.use_cases.add_payment_method import AddPaymentMethod

    signed = day(signed_on, "/signed_on")
    if signed is None:
        raise Invalid.field("/signed_on", "Name the day of the signature.", code="signed_on_invalid")
    wanted = NewPaymentMethod(
        mandate_reference=reference, debtor_name=debtor, iban=iban, signed_on=signed, bic=bic, make_default=default
    )

    async def work(session: Session) -> ShownMethod:
        return await session.use(AddPaymentMethod)(session.actor, await tenant_named(session, tenant), wanted)

    print_item(_method_json(call(work)), as_json=as_json)


@app.command("default")
def set_default(
    tenant: TenantArgument,
    method: _Method,
    clear: Annotated[bool, typer.Option("--clear", help="The default no more: bank transfer instead.")] = False,
    as_json: AsJson = False,
) -> None:
    """Choose the mandate that a customer pays with unless said otherwise."""
    from scaicontrol_core.payments.use_cases.set_default_payment_method import SetDefaultPaymentMethod

    async def work(session: Session) -> ShownMethod:
        tenant_id = await tenant_named(session, tenant)
        use_case = session.use(SetDefaultPaymentMethod)
        return await use_case(session.actor, tenant_id, PaymentMethodId(method), is_default=not clear)

    print_item(_method_json(call(work)), as_json=as_json)


@app.command("detach")
def detach_method(tenant: TenantArgument, method: _Method, yes: Yes = False, as_json: AsJson = False) -> None:
    """Collect by a mandate no more, for good; it stays on record."""
    from scaicontrol_core.payments.use_cases.detach_payment_method import DetachPaymentMethod

    require_yes(yes, f"Detach {method} of {tenant}, for ever?")

    async def work(session: Session) -> ShownMethod:
        tenant_id = await tenant_named(session, tenant)
        return await session.use(DetachPaymentMethod)(session.actor, tenant_id, PaymentMethodId(method))

    print_item(_method_json(call(work)), as_json=as_json)


@app.command("history")
def method_history(
    method: _Method, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None, as_json: AsJson = False
) -> None:
    """Show who recorded, chose and detached a mandate, newest first."""
    from scaicontrol_core.audit.subject import PAYMENT_METHOD
    from scaicontrol_core.audit.use_cases.read_history import ReadHistory

    request = page(limit, cursor, None, None)
    found = call(lambda session: session.use(ReadHistory)(session.actor, PAYMENT_METHOD, method, request))
    print_history(found, as_json=as_json)


def _method_json(method: ShownMethod) -> Json:
    from scaicontrol_core.kernel.events import to_json

    shown: Json = to_json(method)
    return shown
