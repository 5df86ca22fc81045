"""``scaicontrol admin subscriptions``: change, pause, prolong, move, import, and many at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scaicontrol_cli.arguments import AsJson, DryRun, PartnerOption, SubscriptionArgument, Yes, choice, day, require_yes
from scaicontrol_cli.completion import words
from scaicontrol_cli.context import call
from scaicontrol_cli.errors import FAILED
from scaicontrol_cli.output import columns, print_item, print_json, print_note, print_rows
from scaicontrol_cli.subscription_views import subscription_json
from scaicontrol_core.kernel.ids import PartnerId, SubscriptionId

if TYPE_CHECKING:
    from scaicontrol_core.billing.use_cases.change_subscription import ChangeOutcome
    from scaicontrol_core.subscriptions.use_cases.import_subscriptions import Reconciliation

_TAKEN = columns("row", "reference", "subscription_id", "plan_key", "known", "next_billing_on", "mrr_cents", "currency")
_ADJUSTED = columns("plan_key", "start", "end", "net_cents", "currency", "due_on")


def change_subscription(
    subscription: SubscriptionArgument,
    plan: Annotated[str | None, typer.Option(help="Another plan of the same service: service.plan.")] = None,
    quantity: Annotated[int | None, typer.Option(help="How many.")] = None,
    effective: Annotated[
        str,
        typer.Option(
            help="now or period_end.", autocompletion=words("scaicontrol_core.subscriptions.changing:Effective")
        ),
    ] = "now",
    proration: Annotated[
        str,
        typer.Option(
            help="none, immediate (an invoice now) or next_invoice.",
            autocompletion=words("scaicontrol_core.subscriptions.proration:Proration"),
        ),
    ] = "none",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Change plan or quantity, now or at the end of the period."""
    from scaicontrol_core.billing.use_cases.change_subscription import ChangeSubscription, SubscriptionChange
    from scaicontrol_core.subscriptions.changing import Effective
    from scaicontrol_core.subscriptions.proration import Proration

    wanted = SubscriptionChange(
        plan_key=plan,
        quantity=quantity,
        effective=choice(Effective, effective, "/effective") or Effective.NOW,
        proration=choice(Proration, proration, "/proration") or Proration.NONE,
        preview=dry_run,
    )
    subscription_id = SubscriptionId(subscription)
    outcome = call(lambda session: session.use(ChangeSubscription)(session.actor, subscription_id, wanted))
    _print_change(outcome, as_json=as_json, dry_run=dry_run)


def _print_change(outcome: ChangeOutcome, *, as_json: bool, dry_run: bool) -> None:
    from scaicontrol_core.kernel.events import to_json

    adjustments = [to_json(each) | {"net_cents": each.net_cents} for each in outcome.adjustments]
    invoice = outcome.invoice
    if as_json:
        told = {"effective": outcome.effective.value, "effective_on": to_json(outcome.effective_on)}
        named = {"invoice_id": invoice.id if invoice else None, "invoice_number": invoice.number if invoice else None}
        shown = subscription_json(outcome.subscription)
        print_json(told | named | {"adjustments": adjustments, "subscription": shown, "dry_run": dry_run})
        return
    print_note(f"{outcome.subscription.plan_key}, effective {outcome.effective_on}.")
    if adjustments:
        print_rows(adjustments, _ADJUSTED)
    if invoice:
        print_note(f"Invoice {invoice.number or invoice.id}.")
    if dry_run:
        print_note("Nothing was written: this was a dry run.")


def withdraw_change(subscription: SubscriptionArgument, as_json: AsJson = False) -> None:
    """Take a change back that waits for the end of the period."""
    from scaicontrol_core.subscriptions.use_cases.withdraw_change import WithdrawChange

    subscription_id = SubscriptionId(subscription)
    changed = call(lambda session: session.use(WithdrawChange)(session.actor, subscription_id))
    print_item(subscription_json(changed), as_json=as_json)


def extend_trial(
    subscription: SubscriptionArgument,
    until: Annotated[str, typer.Argument(help="The day it ends on instead (YYYY-MM-DD).")],
    as_json: AsJson = False,
) -> None:
    """Let a trial end on a later day."""
    from scaicontrol_core.subscriptions.use_cases.extend_trial import ExtendTrial

    subscription_id, ends_on = SubscriptionId(subscription), day(until, "/until")
    assert ends_on is not None  # noqa: S101  # the argument must be given
    changed = call(lambda session: session.use(ExtendTrial)(session.actor, subscription_id, ends_on))
    print_item(subscription_json(changed), as_json=as_json)


def set_anchor(
    subscription: SubscriptionArgument,
    anchor: Annotated[str, typer.Argument(help="The day that periods are counted from (YYYY-MM-DD).")],
    as_json: AsJson = False,
) -> None:
    """Bill on the days of another anchor after the running period."""
    from scaicontrol_core.subscriptions.use_cases.set_anchor import SetAnchor

    subscription_id, wanted = SubscriptionId(subscription), day(anchor, "/anchor")
    assert wanted is not None  # noqa: S101  # the argument must be given
    changed = call(lambda session: session.use(SetAnchor)(session.actor, subscription_id, wanted))
    print_item(subscription_json(changed), as_json=as_json)


def set_term(
    subscription: SubscriptionArgument,
    ends_on: Annotated[str | None, typer.Option(help="The day it expires on (YYYY-MM-DD); left out: none.")] = None,
    as_json: AsJson = False,
) -> None:
    """Fix the day a subscription expires on, or free it of one."""
    from scaicontrol_core.subscriptions.use_cases.set_term import SetTerm

    subscription_id, wanted = SubscriptionId(subscription), day(ends_on, "/ends_on")
    changed = call(lambda session: session.use(SetTerm)(session.actor, subscription_id, wanted))
    print_item(subscription_json(changed), as_json=as_json)


def pause_subscription(
    subscription: SubscriptionArgument,
    until: Annotated[str | None, typer.Option(help="The day it resumes by itself (YYYY-MM-DD).")] = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Stop service and accrual for a while."""
    from scaicontrol_core.subscriptions.use_cases.pause_subscription import PauseSubscription

    resumes_on = day(until, "/until")
    require_yes(yes, f"Pause {subscription}?")
    subscription_id = SubscriptionId(subscription)
    changed = call(lambda session: session.use(PauseSubscription)(session.actor, subscription_id, until=resumes_on))
    print_item(subscription_json(changed), as_json=as_json)


def bulk_subscriptions(
    action: Annotated[
        str,
        typer.Argument(
            help="cancel, cancel_immediate, suspend or resume.",
            autocompletion=words("scaicontrol_core.subscriptions.use_cases.bulk_subscriptions:BulkAction"),
        ),
    ],
    subscriptions: Annotated[list[str], typer.Argument(help="Ids of subscriptions.")],
    reason: Annotated[str | None, typer.Option(help="Why; kept with each.")] = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Do one thing to many subscriptions, each for itself; exits with 1 if one failed."""
    from scaicontrol_core.kernel.events import to_json
    from scaicontrol_core.subscriptions.use_cases.bulk_subscriptions import BulkAction, BulkOrder, BulkSubscriptions

    wanted = choice(BulkAction, action, "/action")
    assert wanted is not None  # noqa: S101  # the argument must be given
    order = BulkOrder(wanted, tuple(SubscriptionId(each) for each in subscriptions), reason)
    require_yes(yes, f"{action} {len(order.ids)} subscriptions?")
    report = call(lambda session: session.use(BulkSubscriptions)(session.actor, order))
    if as_json:
        print_json(to_json(report))
    else:
        print_note(f"{len(report.succeeded)} changed, {len(report.failed)} not.")
        for failure in report.failed:
            print_note(f"{failure.id}: {failure.message} [{failure.code}]")
    if report.failed:
        raise typer.Exit(FAILED)


def import_subscriptions(
    file: Annotated[str, typer.Argument(help="A CSV file whose first line names the columns; - is standard input.")],
    partner: PartnerOption = None,
    announce: Annotated[bool, typer.Option("--announce", help="Announce each as activated.")] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Take over live subscriptions of another system; nothing before billed_until is ever billed.

    Columns: tenant, plan, quantity, started_on, billed_until, anchor, trial_ends_on,
    term_ends_on, reference. Exits with 1 if a row failed.
    """
    from scaicontrol_cli.files import read_rows
    from scaicontrol_core.subscriptions.use_cases.import_subscriptions import ImportOrder, ImportSubscriptions

    order = ImportOrder(
        rows=read_rows(file), partner_id=PartnerId(partner) if partner else None, announce=announce, dry_run=dry_run
    )
    report = call(lambda session: session.use(ImportSubscriptions)(session.actor, order))
    _print_report(report, as_json=as_json)
    if report.failed:
        raise typer.Exit(FAILED)


def _print_report(report: Reconciliation, *, as_json: bool) -> None:
    from scaicontrol_core.kernel.events import to_json

    if as_json:
        print_json(to_json(report) | {"created": report.created, "mrr": report.mrr})
        return
    print_rows(to_json(report.taken), _TAKEN)
    for row in report.failed:
        places = ", ".join(field.pointer for field in row.fields)
        print_note(f"row {row.row}: {row.message} [{row.code}]" + (f" At {places}." if places else ""))
    sums = ", ".join(f"{cents} {currency}" for currency, cents in sorted(report.mrr.items()))
    print_note(f"{report.created} new, {len(report.taken) - report.created} known, {len(report.failed)} failed.")
    print_note(f"MRR in minor units: {sums or 'none'}.")
    if report.dry_run:
        print_note("Nothing was written: this was a dry run.")


def add_to(app: typer.Typer) -> None:
    """Add the commands to the group of subscriptions."""
    for name, command in (
        ("change", change_subscription),
        ("withdraw-change", withdraw_change),
        ("extend-trial", extend_trial),
        ("set-anchor", set_anchor),
        ("set-term", set_term),
        ("pause", pause_subscription),
        ("bulk", bulk_subscriptions),
        ("import", import_subscriptions),
    ):
        app.command(name)(command)
