"""Every mutation is in the audit log: by whom, in which request, and from what to what.

Held against every commit of the suites that call what they test from outside. What is left
out is named here, with its reason: machinery, and columns that follow from others.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.services.audit_trail import Change, Commit, following

#: Tables whose rows change without an entry.
MACHINERY = {
    "outbox_events": "made from the same events as the entries themselves",
    "outbox_head": "how many events have their place in the feed",
    "outbox_event_services": "the feed of each service, made with the places",
    "webhook_deliveries": "a log of its own, kept for ninety days",
    "webhook_attempts": "its lines",
    "webhook_healths": "how receivers fare, written with every turn of luck",
    "idempotency_keys": "answers kept for a repeat, no state of the business",
    "number_series": "a counter: each number it gives is in the entry of the document that has it",
    "consumer_turnovers": "a counter of documents that have entries; reaching the threshold has one of its own",
    "billing_run_pages": "leases and progress of a run, which has entries when it begins and ends",
    "directory_runs": "leases and progress of a reading of the directory, which has entries when it begins and ends",
    "periodic_jobs": "leases and outcomes of jobs; that one dies or is tried again has an entry",
    "subscription_mrr": "recurring revenue, reckoned from subscriptions that have entries",
    "usage_events": "a ledger of its own: append-only, thousands a second, each row with its time and its service",
    "usage_event_keys": "what tells repeated usage events apart",
    "usage_closings": "a lock between those who report usage and those who bill it",
    "usage_rollups_hourly": "sums of usage events",
    "usage_rollups_daily": "sums of usage events",
    "usage_unique_values": "sums of usage events",
    "usage_notes": "what is yet to be looked at for thresholds",
    "usage_due_days": "days whose usage is yet to be told",
}
#: Columns of any table that say nothing of their own.
TECHNICAL = {
    "version": "counts changes",
    "updated_at": "when the entry was written",
    "search_text": "made of names that are told",
    "lease_owner": "who works at it just now",
    "lease_until": "until when",
    "next_attempt_at": "when it is tried again",
    "attempts": "how often it was tried",
}
#: Columns that may change alone, and with nothing to tell.
MARKS = {"seen_run": "which reading of the directory saw it last"}
#: Columns that follow from what is told, as words to begin with: ``schedule_`` stands for all of these.
DERIVED: dict[str, tuple[str, ...]] = {
    # The document itself is frozen and chained; the entry names its number, date, amounts and parties.
    "invoices": (
        "chain_hash", "due_date", "finalized_at", "fiscal_year", "frozen_document", "order_", "sequence", "pdf_",
        "void", "credited_", "net_cents",
    ),
    # The calendar follows from anchor, cadence, cancellations and suspensions, which are told.
    "subscriptions": (
        "schedule_", "ripe_at", "next_billing_on", "exclusive_key", "accruing", "adjustment", "term", "current_period_",
        "owed_usage",
    ),
    "pack_subscriptions": ("schedule_", "ripe_at", "next_billing_on"),
    "billing_runs": ("finished_at", "open_key", "totals"),  # what became of it is told in counts
    "partners": ("billing_linked_at", "vat_evidence"),  # the evidence is told field by field
    "plans": ("prices", "usage_prices"),  # histories of prices: each new one is told as it is set
    "service_packs": ("offers",),  # likewise
    "brand_assets": ("deleted_at",),
    # URLs and headers may hold tokens, and are told masked; why and when it was disabled is in the event.
    "webhook_subscriptions": ("url", "headers", "kept_headers", "secrets", "disabled_", "owner_told_of"),
    "custom_roles": ("live_name",),
}  # fmt: skip
#: Columns that the core knows by a shorter name.
PREFIXES = {"tenant_billing_profiles": "vat_", "partners": "seller_"}
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]")
#: Long texts are told by a digest: they are kept whole, version by version, where they belong.
_DIGEST = re.compile(r"[0-9a-f]{62,64}")


@contextmanager
def told_in_full(request: pytest.FixtureRequest) -> Iterator[list[Commit]]:
    """Follow the commits of a test on an SQLite file of its own, and fail it for what the log does not tell."""
    if "migrated_sqlite_url" not in request.fixturenames:
        yield []
        return
    path = request.getfixturevalue("migrated_sqlite_url").removeprefix("sqlite+aiosqlite:///")
    with following(path) as commits:
        yield commits
    found = faults(commits)
    assert found == [], "\n".join(found)


def faults(commits: Iterable[Commit]) -> list[str]:
    """Return what the log fails to tell."""
    return sorted({fault for commit in commits for fault in _faults(commit)})


def _faults(commit: Commit) -> Iterator[str]:
    entries = [entry | {"details": json.loads(entry["details"])} for entry in commit.entries]
    for entry in entries:
        yield from _of_entry(entry)
    for change in commit.changes:
        if change.table not in MACHINERY and change.column not in MARKS:
            yield from _of_change(change, [entry for entry in entries if entry["resource_id"] in change.ids])


def _of_entry(entry: dict[str, Any]) -> Iterator[str]:
    for name in ("user_id", "actor_kind", "action", "resource_type"):
        if not entry[name]:
            yield f"an entry {entry['action']} has no {name}"
    if entry["actor_kind"] == "user" and not entry["request_id"]:
        yield f"{entry['action']} of a user names no request"
    if not entry["details"]:
        yield f"{entry['action']} says nothing"


def _of_change(change: Change, told: list[dict[str, Any]]) -> Iterator[str]:
    if not told:
        yield f"{change.table}: a row was {change.kind} {change.column} and the log does not know"
    elif change.kind == "changed" and not _follows(change):
        names = {change.column, change.column.removeprefix(PREFIXES.get(change.table, ""))}
        sides = [entry["details"].get("changes", {}).get(name) for entry in told for name in names]
        pairs = [side for side in sides if isinstance(side, dict)]
        if pairs:
            yield from _differing(change, pairs)
        elif not any(name in entry["details"].get("event", {}) for entry in told for name in names) and not any(sides):
            actions = ", ".join(sorted({entry["action"] for entry in told}))
            yield f"{change.table}.{change.column} changed and {actions} does not say from what to what"


def _follows(change: Change) -> bool:
    return change.column in TECHNICAL or change.column.startswith(DERIVED.get(change.table, ("\0",)))


def _differing(change: Change, pairs: list[dict[str, Any]]) -> Iterator[str]:
    """Compare numbers and plain words; what is stored in another form than told is left alone."""
    for word, stored, said in (
        ("before", change.before, [pair["before"] for pair in pairs]),
        ("after", change.after, [pair["after"] for pair in pairs]),
    ):
        if _plain(stored) and all(_plain(each) for each in said) and str(stored) not in {_text(each) for each in said}:
            yield f"{change.table}.{change.column} was {stored!r} {word}, and the log says {said!r}"


def _plain(value: object) -> bool:
    return isinstance(value, int) or (
        isinstance(value, str)
        and not _INSTANT.match(value)
        and not _DIGEST.fullmatch(value)
        and not value.startswith(("{", "["))
    )


def _text(value: object) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)
