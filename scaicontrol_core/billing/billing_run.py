"""A billing run: what it was asked for, and what came of it."""

from __future__ import annotations

import re
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from attrs import define, evolve, field, frozen

from scaicontrol_core.billing.events import BillingRunFinished, BillingRunStarted
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.events import Event, Recorder
from scaicontrol_core.kernel.ids import PartnerId, RunId, TenantId
from scaicontrol_core.kernel.lifecycle import Lifecycle
from scaicontrol_core.kernel.period import Cadence, Period, period_at

#: What is said to whoever begins a run while the same one is open.
RUN_IS_OPEN = "A run of this month is open already."
_PERIOD = re.compile(r"(\d{4})-(\d{2})", re.ASCII)


class RunStatus(StrEnum):
    """Whether the run got to its end. One that was killed stays ``running`` until it is taken up."""

    RUNNING = "running"
    COMPLETED = "completed"


RUN_LIFECYCLE: Lifecycle[RunStatus] = Lifecycle(
    name="billing run",
    initial=RunStatus.RUNNING,
    edges={RunStatus.RUNNING: frozenset({RunStatus.COMPLETED}), RunStatus.COMPLETED: frozenset()},
)


def parse_month(text: str, pointer: str = "/period") -> Period:
    """Read ``YYYY-MM`` as that calendar month, or raise ``Invalid`` (``period_invalid``)."""
    match = _PERIOD.fullmatch(text)
    if match and 1 <= int(match[2]) <= 12 and 2000 <= int(match[1]) <= 2200:  # noqa: PLR2004  # months and sane years
        return period_at(date(int(match[1]), int(match[2]), 1), Cadence.MONTHLY, 0)
    raise Invalid.field(pointer, f"{text!r} is not a month like 2026-10.", code="period_invalid")


def open_key(month: Period, partner_id: PartnerId | None, tenant_id: TenantId | None) -> str:
    """Name what an open run bills."""
    return f"{month.start:%Y-%m}/{partner_id or ''}/{tenant_id or ''}"


@frozen(kw_only=True)
class TenantFailure:
    """One tenant that could not be billed; the others went on."""

    tenant_id: TenantId
    code: str
    message: str


class PartnerDocumentKind(StrEnum):
    """What a run makes between the operator and a partner."""

    COMMISSION_STATEMENT = "commission_statement"
    SELF_BILLED_INVOICE = "self_billed_invoice"
    WHOLESALE_INVOICE = "wholesale_invoice"


@frozen(kw_only=True)
class PartnerDocument:
    """A statement or an invoice between the operator and a partner, for a month (``2026-10``).

    ``number`` is None for statements, and on a dry run. Amounts are minor units of ``currency``.
    """

    partner_id: PartnerId
    partner_name: str
    kind: PartnerDocumentKind
    month: str
    currency: str
    lines: int
    net_cents: int
    tax_cents: int = 0
    gross_cents: int
    number: str | None = None


@frozen(kw_only=True)
class PartnerFailure:
    """One partner whose month could not be closed or billed; the others went on."""

    partner_id: PartnerId
    code: str
    message: str


@frozen(kw_only=True)
class VatTotal:
    """What a run invoiced under one VAT country, category and rate (``"21.00"``), in minor units."""

    country: str
    category: str
    rate: str
    currency: str
    net_cents: int
    tax_cents: int


@frozen(kw_only=True)
class RunTotals:
    """Counts and sums of a run so far; amounts in minor units, by currency and VAT group."""

    invoices: int = 0
    lines: int = 0
    drafts: int = 0
    tenants: int = 0
    vat: tuple[VatTotal, ...] = ()
    failures: tuple[TenantFailure, ...] = ()
    partner_documents: tuple[PartnerDocument, ...] = ()
    partner_failures: tuple[PartnerFailure, ...] = ()

    def plus(self, other: RunTotals) -> RunTotals:
        """Add up two parts of a run."""
        groups: dict[tuple[str, str, str, str], VatTotal] = {}
        for entry in (*self.vat, *other.vat):
            key = (entry.country, entry.category, entry.rate, entry.currency)
            known = groups.get(key)
            groups[key] = (
                evolve(known, net_cents=known.net_cents + entry.net_cents, tax_cents=known.tax_cents + entry.tax_cents)
                if known
                else entry
            )
        return RunTotals(
            invoices=self.invoices + other.invoices,
            lines=self.lines + other.lines,
            drafts=self.drafts + other.drafts,
            tenants=self.tenants + other.tenants,
            vat=tuple(groups[key] for key in sorted(groups)),
            failures=self.failures + other.failures,
            partner_documents=self.partner_documents + other.partner_documents,
            partner_failures=self.partner_failures + other.partner_failures,
        )

    @property
    def net_cents(self) -> int:
        """The sum of all groups' net amounts; meaningful where one currency is billed."""
        return sum(entry.net_cents for entry in self.vat)

    @property
    def tax_cents(self) -> int:
        """The sum of all groups' VAT."""
        return sum(entry.tax_cents for entry in self.vat)

    @property
    def gross_cents(self) -> int:
        """Net plus VAT."""
        return self.net_cents + self.tax_cents


@define(kw_only=True, eq=False)
class BillingRun(Recorder):
    """The record of a run. What is left to bill is never read from it: the schedules know.

    There is one open run of a month, a scope and a tenant: that is what ``open_key`` is for.
    """

    id: RunId
    month: Period
    started_at: datetime
    partner_id: PartnerId | None = None
    tenant_id: TenantId | None = None
    status: RunStatus = RunStatus.RUNNING
    totals: RunTotals = RunTotals()
    finished_at: datetime | None = None
    version: int = 0
    _events: list[Event] = field(factory=list, init=False, repr=False)

    @property
    def open_key(self) -> str | None:
        """What must be unique among open runs; None once it is over."""
        return open_key(self.month, self.partner_id, self.tenant_id) if self.status is RunStatus.RUNNING else None

    def start(self) -> None:
        """Note that the run began."""
        self._record(BillingRunStarted(**self._subject(), changes={"month": (None, self.month.start.isoformat())}))

    def complete(self, totals: RunTotals, at: datetime) -> None:
        """Note that everything due was looked at."""
        self._move(RunStatus.COMPLETED)
        self.totals, self.finished_at = totals, at
        moved = {"status": (RunStatus.RUNNING.value, self.status.value)}
        failures = len(totals.failures) + len(totals.partner_failures)
        self._record(BillingRunFinished(**self._subject(), changes=moved, invoices=totals.invoices, failures=failures))

    def _move(self, target: RunStatus) -> None:
        RUN_LIFECYCLE.require(self.status, target)
        self.status = target

    def _subject(self) -> dict[str, Any]:
        return {"resource_id": self.id, "partner_id": self.partner_id, "ordinal": self.version + 1}
