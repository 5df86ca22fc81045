"""What the core's tests share: a world in memory, with its clock."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import fields

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.audit.entry import AuditEntry
from scaicontrol_core.kernel.events import Recorder, to_json
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.tax.vat_id import VatNumberFormat
from scaicontrol_core.tenancy.tenant import Tenant
from scaicontrol_core.testing import FixedClock, MemoryUnitOfWorkFactory, SequentialIds
from scaicontrol_core.testing.memory_store import Transaction


@pytest.fixture
def clock() -> FixedClock:
    """A clock that tests move by hand; it begins on 15 January 2026."""
    return FixedClock()


@pytest.fixture
def world(clock: FixedClock) -> MemoryUnitOfWorkFactory:
    """Units of work over an empty store."""
    return MemoryUnitOfWorkFactory(clock, SequentialIds())


#: What follows from other changes of the same verb, which the log does name.
FOLLOWS = frozenset(
    {
        "version", "updated_at", "schedule", "current_period", "term_ends_on",  # when, and what the verbs imply
        "terms_by_period", "accruing", "adjustment_count", "prices", "owed_usage",  # what the calendar remembers
        "usage_prices", "awaited_usage",
        "offers", "renews_at", "departed",  # the same of packs
        "number", "sequence", "fiscal_year", "issue_date", "due_date", "finalized_at",  # in the event itself
        "tax_cents", "gross_cents", "frozen_document", "chain_hash",
        "net_cents", "voided_at", "void_reason", "billing_linked_at", "totals", "finished_at",
    }
)  # fmt: skip


def _leaves(row: Any) -> dict[str, Any]:
    """Return the fields of an aggregate by name, those of its terms, details or configuration too."""
    found: dict[str, Any] = {}
    for each in fields(type(row)):
        value = getattr(row, each.name)
        if each.name in ("terms", "details", "configuration", "vat_evidence", "content"):
            found |= {inner.name: to_json(getattr(value, inner.name)) for inner in fields(type(value))}
        elif not each.name.startswith("_"):
            found[each.name] = to_json(value)
    return found


def _unlogged(before: Any, after: Any, entries: list[AuditEntry]) -> set[str]:
    """Return the fields that a commit changed without a word in the audit log."""
    old, new = _leaves(before), _leaves(after)
    told = {name for entry in entries for name in entry.details.get("changes", {})}
    return {name for name in new if old[name] != new[name]} - told - FOLLOWS


@pytest.fixture
def set_up_by_hand() -> None:
    """For stories that begin with a row changed past its verbs."""


@pytest.fixture(autouse=True)
def every_change_is_logged(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """In whatever the core's tests do, no commit changes an aggregate that the audit log says nothing of."""
    if "set_up_by_hand" in request.fixturenames:
        return
    apply = Transaction.commit

    def commit(transaction: Transaction) -> None:
        store, known = transaction.store, len(transaction.store.audit)
        changes = {
            (table, key): (store.tables.get(table, {}).get(key, (0, None))[1], row)
            for (table, key), row in transaction._changes.items()
            if isinstance(row, Recorder)
        }
        apply(transaction)
        for (table, key), (before, after) in changes.items():
            named = [entry for entry in store.audit[known:] if entry.resource_id == key]
            assert named, f"{table} {key} was written, and nobody will ever know by whom"
            if before is not None:
                assert not _unlogged(before, after, named), f"{table} {key}, by {[each.action for each in named]}"

    monkeypatch.setattr(Transaction, "commit", commit)


class People:
    """Actors by what they are; resellers and customers by their ids."""

    platform = Actor.system("test")

    @staticmethod
    def reseller(partner_id: PartnerId) -> Actor:
        """Rita, who runs a reseller."""
        return Actor.partner_admin("rita", partner_id)

    @staticmethod
    def customer(tenant: Tenant, *roles: Role) -> Actor:
        """Tom, who works for a customer; without a role he may look around."""
        return Actor.tenant_user("tom", tenant.id, tenant.partner_id, *roles)


class Calls:
    """Builds use cases over one world."""

    def __init__(self, world: MemoryUnitOfWorkFactory) -> None:
        self.world = world
        self._ports = {
            "work": world,
            "clock": world.clock,
            "ids": world.ids,
            "vat_numbers": VatNumberFormat(),
        }

    def use(self, kind: Any) -> Any:
        """Return the use case with the ports its fields name, as the container does."""
        return kind(**{name: self._ports[name] for name in (each.name for each in kind.__attrs_attrs__)})


@pytest.fixture
def people() -> type[People]:
    """The actors."""
    return People


@pytest.fixture
def call(world: MemoryUnitOfWorkFactory) -> Any:
    """Return a use case by its class, ready to be called."""
    return Calls(world).use
