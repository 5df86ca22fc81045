"""``scaicontrol admin usage``: what services report of their use."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scaicontrol_cli.arguments import AsJson, PartnerOption, TenantArgument, choice, day
from scaicontrol_cli.completion import words
from scaicontrol_cli.context import Session, call
from scaicontrol_cli.errors import FAILED
from scaicontrol_cli.groups import group
from scaicontrol_cli.naming import OPERATOR, partner_named, tenant_named
from scaicontrol_cli.output import Column, columns, print_json, print_note, print_rows
from scaicontrol_cli.progress import progress
from scaicontrol_core.kernel.errors import Malformed
from scaicontrol_core.kernel.events import to_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TextIO

    from scaicontrol_adapters.usage_files import UsageLines
    from scaicontrol_core.metering import Outcome
    from scaicontrol_core.metering.outcome import Tally
    from scaicontrol_core.metering.usage_series import MetricUsage

app = group("Usage: what services report, and what it adds up to.")


@app.command("ingest")
def ingest(
    file: Annotated[str, typer.Argument(help="Events as JSON lines, gzip or not; - is standard input.")],
    partner: PartnerOption = None,
    backfill: Annotated[
        bool, typer.Option("--backfill", help="Let late events into every period that is not billed yet.")
    ] = False,
    rejects: Annotated[
        str | None, typer.Option(help="Write each rejected event's line number and reason to this file, as JSON lines.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take in a file of events; safe to repeat. Exits with 1 if any was rejected.

    A line has idempotency_key, tenant (the external reference), metric, quantity, occurred_at, and may have
    service, subscription_id, properties, correction.
    """
    tally = call(lambda session: _ingest(session, file, partner or OPERATOR, rejects, backfill=backfill))
    shown = _tally_json(tally)
    if as_json:
        print_json(shown)
    else:
        _print(shown, rejects)
    if tally.rejected:
        raise typer.Exit(FAILED)


async def _ingest(session: Session, file: str, partner: str, rejects: str | None, *, backfill: bool) -> Tally:
    """Stream the file: one batch is in memory at a time."""
    from scaicontrol_adapters.usage_files import read_usage_file
    from scaicontrol_core.metering.outcome import Tally
    from scaicontrol_core.metering.use_cases.ingest_usage import MAX_BATCH, IngestUsage, UsageBatch

    partner_id = await partner_named(session, partner)
    take, tally = session.use(IngestUsage), Tally()
    with _written(rejects) as out, progress("Ingesting") as step:
        for part in read_usage_file(file, MAX_BATCH):
            batch = UsageBatch(reports=part.reports, by_reference=True, partner_id=partner_id, backfill=backfill)
            outcomes = await take(session.actor, batch)
            tally = tally.plus(Tally.of(outcomes))
            if out is not None:
                out.writelines(_refusals(part, outcomes))
            step(part.position, part.size)
    return tally


def _refusals(part: UsageLines, outcomes: Any) -> Iterator[str]:
    answers: list[Outcome] = list(outcomes)
    for number, outcome in zip(part.numbers, answers, strict=True):
        if outcome.reason is not None:
            said = {"idempotency_key": outcome.idempotency_key, "reason": outcome.reason, "detail": outcome.detail}
            yield json.dumps({"line": number, **said}, ensure_ascii=False) + "\n"


@contextmanager
def _written(path: str | None) -> Iterator[TextIO | None]:
    """Open a file to write, or nothing at all."""
    if path is None:
        yield None
        return
    try:
        with Path(path).open("w", encoding="utf-8") as opened:
            yield opened
    except OSError as error:
        raise Malformed(f"{path}: {error.strerror or error}.", code="file_unwritable") from None


def _tally_json(tally: Tally) -> dict[str, Any]:
    return {
        "events": tally.total,
        "accepted": tally.accepted,
        "duplicates": tally.duplicates,
        "rejected": {reason.value: count for reason, count in sorted(tally.rejected.items())},
    }


def _print(shown: dict[str, Any], rejects: str | None) -> None:
    counts = {"accepted": shown["accepted"], "duplicate": shown["duplicates"]}
    counts |= {f"rejected: {reason}": count for reason, count in shown["rejected"].items()}
    rows = [{"outcome": name, "events": count} for name, count in counts.items()]
    print_rows(rows, (*columns("outcome"), Column("events", "events", right=True)))
    if shown["rejected"] and rejects is None:
        print_note("Which, and why: add --rejects FILE; what counted already counts once.")


@app.command("show")
def show(
    tenant: TenantArgument,
    service: Annotated[str | None, typer.Option(help="Only this service, by its slug.")] = None,
    by: Annotated[
        str,
        typer.Option(
            help="Points of the series in the JSON: hour, day or month.",
            autocompletion=words("scaicontrol_core.metering.usage_series:Granularity"),
        ),
    ] = "day",
    start: Annotated[str | None, typer.Option(help="First day of the series (default: 30 days ago).")] = None,
    end: Annotated[str | None, typer.Option(help="The day after its last (default: tomorrow).")] = None,
    partner: PartnerOption = None,
    as_json: AsJson = False,
) -> None:
    """Show what a tenant used in the period that runs, beside its quotas."""
    from scaicontrol_core.metering.usage_series import Granularity
    from scaicontrol_core.metering.use_cases.read_usage import ReadUsage, UsageQuery

    granularity = choice(Granularity, by, "/by") or Granularity.DAY
    first, after = day(start, "/start"), day(end, "/end")

    async def work(session: Session) -> Sequence[MetricUsage]:
        tenant_id = await tenant_named(session, tenant, partner)
        query = UsageQuery(tenant_id=tenant_id, by=granularity, start=first, end=after, service=service)
        return await session.use(ReadUsage)(session.actor, query)

    _print_usage(call(work), as_json=as_json)


def _print_usage(found: Sequence[MetricUsage], *, as_json: bool) -> None:
    rows = [to_json(each) | {"remaining": to_json(each.remaining)} for each in found]
    if as_json:
        print_json({"items": rows})
        return
    shown = [
        row
        | {"quota": "unlimited" if row["quota"] is None else row["quota"]}
        | {"reached": ", ".join(f"{each['percent']} %" for each in row["reached"])}
        for row in rows
    ]
    numbers = (Column(name, name, right=True) for name in ("used", "quota", "projected"))
    reached = Column("reached", "reached")
    print_rows(shown, (*columns("plan_key", "metric", "period_start", "period_end"), *numbers, reached))


@app.command("rebuild")
def rebuild(as_json: AsJson = False) -> None:
    """Sum all usage up anew from its events. Safe to repeat; what is reported meanwhile waits its turn."""
    done = call(_rebuild)
    if as_json:
        print_json(done)
    else:
        print_rows(
            [done], (Column("subscriptions", "subscriptions", right=True), Column("events", "events", right=True))
        )


async def _rebuild(session: Session) -> dict[str, int]:
    from scaicontrol_core.metering.use_cases.rebuild_usage import RebuildUsage

    again, subscriptions, events = session.use(RebuildUsage), 0, 0
    last = None
    while True:
        done = await again(session.actor, last)
        subscriptions, events, last = subscriptions + done.subscriptions, events + done.events, done.last
        if last is None:
            return {"subscriptions": subscriptions, "events": events}
