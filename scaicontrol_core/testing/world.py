"""A whole business in memory: for tests, and for trying the core without a database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

from attrs import fields

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.documents.einvoice.precheck import EInvoiceCheck
from scaicontrol_core.entitlements.kept import KeptEntitlements
from scaicontrol_core.kernel.cache import MemoryCache
from scaicontrol_core.kernel.errors import Retryable
from scaicontrol_core.tax import VatNumberFormat, standard_rates
from scaicontrol_core.tenancy.vat_register import NoRegister
from scaicontrol_core.testing import builders
from scaicontrol_core.testing.clock import FixedClock
from scaicontrol_core.testing.einvoices import PlainEInvoices
from scaicontrol_core.testing.ids import SequentialIds
from scaicontrol_core.testing.mail import MemoryMail, PlainMails
from scaicontrol_core.testing.memory import MemoryUnitOfWorkFactory
from scaicontrol_core.testing.memory_store import MemoryStore
from scaicontrol_core.testing.objects import MemoryObjects

T = TypeVar("T")
U = TypeVar("U")
_ATTEMPTS = 5
#: Where each kind of aggregate is kept.
_COLLECTIONS = {
    "Partner": "partners",
    "Tenant": "tenants",
    "BillingProfile": "billing_profiles",
    "Service": "services",
    "Plan": "plans",
    "ServicePack": "packs",
    "Subscription": "subscriptions",
    "Invoice": "invoices",
    "BillingRun": "billing_runs",
    "DocumentTemplate": "templates",
}


async def retry_at_once(attempt: Callable[[], Awaitable[T]]) -> T:
    """Run an attempt again, without waiting, while the store gives it up; at most five times."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return await attempt()
        except Retryable:
            continue
    return await attempt()


class MemoryWorld:
    """The ports of every use case, over one store in memory.

    ``platform`` may do everything; ``clock`` stands still until it is moved; ``store`` shows
    what was committed, the outbox and the audit log. Any port can be replaced by name.
    """

    platform = Actor.system("world")

    def __init__(self, **ports: Any) -> None:
        self.clock: FixedClock = ports.get("clock") or FixedClock()
        self.ids: SequentialIds = ports.get("ids") or SequentialIds()
        kept = KeptEntitlements(MemoryCache(self.clock), self.clock, max_age=15)
        self.work = MemoryUnitOfWorkFactory(self.clock, self.ids, committed=kept.committed)
        self.ports: dict[str, Any] = {
            "kept_entitlements": kept,
            "clock": self.clock,
            "ids": self.ids,
            "work": self.work,
            "rates": standard_rates(),
            "document_check": EInvoiceCheck(),
            "retry": retry_at_once,
            "rest": self._rest,
            "objects": MemoryObjects(),
            "einvoices": PlainEInvoices(),
            "mail": MemoryMail(),
            "mail_renderer": PlainMails(),
            "vat_numbers": VatNumberFormat(),
            "vat_register": NoRegister(),
        } | ports

    @classmethod
    async def with_one_customer(cls, **ports: Any) -> MemoryWorld:
        """Return a world whose operator sells one monthly plan and has one customer with a profile.

        Their ids stand in ``builders``: ``TENANT_ID``, ``OPERATOR_ID``; the plan is ``scaikey.pro``.
        """
        world = cls(**ports)
        await world.keep(
            builders.new_partner(),
            builders.new_tenant(),
            builders.new_profile(),
            builders.new_service(),
            builders.new_plan(),
        )
        return world

    async def _rest(self, wait: timedelta) -> None:
        """Let time pass, without any."""
        self.clock.at += wait

    @property
    def store(self) -> MemoryStore:
        """Everything that is committed."""
        return self.work.store

    def use(self, use_case: type[U], **ports: Any) -> U:
        """Return the use case with the ports that its fields name."""
        known = self.ports | ports
        return use_case(**{field.name: known[field.name] for field in fields(use_case)})  # type: ignore[arg-type]

    async def keep(self, *things: object) -> None:
        """Store new aggregates of any kind, in one transaction."""
        async with self.work.begin(self.platform) as work:
            for thing in things:
                await getattr(work, _COLLECTIONS[type(thing).__name__]).add(thing)
            await work.commit()
