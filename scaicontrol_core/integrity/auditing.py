"""Reading a whole database for an audit, page by page, and holding each rule against it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from attrs import define, field

from scaicontrol_core.billing.reporting import gather
from scaicontrol_core.billing.series_audit import audit_series
from scaicontrol_core.integrity.charges import LedgerWalk, charge_findings
from scaicontrol_core.integrity.crediting import credit_findings
from scaicontrol_core.integrity.documents import UNREADABLE, document_findings
from scaicontrol_core.integrity.finding import Finding, IntegrityRule, RuleAudit
from scaicontrol_core.integrity.packing import pack_findings
from scaicontrol_core.integrity.settling import payment_findings, settlement_findings
from scaicontrol_core.tax.report_amounts import read_amounts
from scaicontrol_core.tax.report_periods import PeriodKind, ReportPeriod, declared_in, period_of
from scaicontrol_core.tax.report_sums import LeftOut
from scaicontrol_core.tax.reports import place_vat

if TYPE_CHECKING:
    from scaicontrol_core.integrity.documents import StoredDocument
    from scaicontrol_core.integrity.ports import IntegrityWork, Repeats
    from scaicontrol_core.kernel.ids import InvoiceId, PackSubscriptionId, PartnerId
    from scaicontrol_core.tenancy.partner import Partner

_PAGE = 500
_R = IntegrityRule
#: Net and VAT by currency.
Sums: TypeAlias = dict[str, tuple[int, int]]
#: Left out of a year's report because another year has it, or because nothing was owed after all.
_ELSEWHERE = (LeftOut.OTHER_PERIOD.value, LeftOut.VOID.value)


async def audit_numbers(work: IntegrityWork) -> RuleAudit:
    """Walk every series."""
    findings: list[Finding] = []
    checked = 0
    for series in await work.number_series.list(None):
        walked = await audit_series(work, series)
        checked += walked.documents
        findings += [
            Finding(_R.NUMBERS_WITHOUT_GAPS, "number_series", str(series.key), f"{fault.number}: {fault.fault}")
            for fault in walked.faults
        ]
    return RuleAudit(rule=_R.NUMBERS_WITHOUT_GAPS, checked=checked, findings=tuple(findings))


@define
class Declared:
    """What sellers' documents sum to, and the years they are declared in."""

    sums: dict[PartnerId, Sums] = field(factory=dict)
    years: dict[PartnerId, set[ReportPeriod]] = field(factory=dict)

    def add(self, stored: StoredDocument) -> None:
        """Read a document; one that can't be read is another rule's finding."""
        try:
            amounts = read_amounts(json.loads(stored.canonical), voided_at=stored.voided_at, own_currency=True)
        except UNREADABLE:
            return
        years = self.years.setdefault(stored.seller_id, set())
        for amount in amounts.amounts:
            years.add(declared_in(amount.supply_date, amounts.issue_date, PeriodKind.YEAR)[0])
        if amounts.voided_on is not None:
            years.add(period_of(amounts.voided_on, PeriodKind.YEAR))
        else:
            _add(self.sums.setdefault(stored.seller_id, {}), amounts.currency, amounts.net_cents, amounts.tax_cents)


async def audit_documents(work: IntegrityWork, declared: Declared) -> tuple[RuleAudit, RuleAudit]:
    """Add up every numbered document, hold it against the ledger, and note in ``declared`` what it says."""
    sums: list[Finding] = []
    charges: list[Finding] = []
    documents = entries = 0
    after: InvoiceId | None = None
    while page := await work.integrity.documents(after=after, limit=_PAGE):
        for stored in page:
            sums += document_findings(stored)
            declared.add(stored)
        ids = [stored.invoice_id for stored in page]
        charged = await work.integrity.charges(ids)
        untouched = frozenset(stored.invoice_id for stored in page if stored.billed_at_once)
        charges += charge_findings(charged, await work.integrity.invoiced(ids), untouched)
        documents, entries, after = documents + len(page), entries + len(charged), ids[-1]
    return (
        RuleAudit(rule=_R.DOCUMENTS_ADD_UP, checked=documents, findings=tuple(sums)),
        RuleAudit(rule=_R.CHARGES_ON_INVOICES, checked=entries, findings=tuple(charges)),
    )


async def audit_credits(work: IntegrityWork) -> RuleAudit:
    """Sum the credit notes of every invoice that has any."""
    findings: list[Finding] = []
    checked = 0
    after: InvoiceId | None = None
    while page := await work.integrity.credited(after=after, limit=_PAGE):
        for invoice in page:
            findings += credit_findings(invoice)
        checked, after = checked + len(page), page[-1].invoice_id
    return RuleAudit(rule=_R.CREDITS_WITHIN_INVOICES, checked=checked, findings=tuple(findings))


async def audit_settlements(work: IntegrityWork) -> tuple[RuleAudit, RuleAudit]:
    """Hold every invoice against its payments, and its status against its balance."""
    counted: list[Finding] = []
    paid: list[Finding] = []
    checked = 0
    after: InvoiceId | None = None
    while page := await work.integrity.settled(after=after, limit=_PAGE):
        for invoice in page:
            counted += payment_findings(invoice)
            paid += settlement_findings(invoice)
        checked, after = checked + len(page), page[-1].invoice_id
    returned = _repeats(_R.PAYMENTS_COUNTED, await work.integrity.misreturned(), "says otherwise than its refunds: {}")
    return (
        RuleAudit(rule=_R.PAYMENTS_COUNTED, checked=returned.checked, findings=(*counted, *returned.findings)),
        RuleAudit(rule=_R.PAID_WHEN_SETTLED, checked=checked, findings=tuple(paid)),
    )


async def audit_ledger(work: IntegrityWork, timezones: Mapping[PartnerId, str]) -> tuple[RuleAudit, RuleAudit]:
    """Walk the ledger of billed periods; ``timezones`` are the billing zones by partner."""
    walk = LedgerWalk(timezones)
    while page := await work.integrity.ledger(after=walk.last.key if walk.last else None, limit=_PAGE):
        for entry in page:
            walk.step(entry)
    once, within = (
        RuleAudit(rule=rule, checked=walk.entries, findings=walk.of(rule))
        for rule in (_R.PERIODS_BILLED_ONCE, _R.NOTHING_AFTER_THE_END)
    )
    return once, within


async def audit_repeats(work: IntegrityWork) -> tuple[RuleAudit, ...]:
    """Look for what must be there once at most."""
    reads = work.integrity
    return (
        _repeats(_R.ACTIVATED_ONCE, await reads.repeated_activations(), "was announced as activated {} times"),
        _repeats(_R.ONE_LIVE_SUBSCRIPTION, await reads.rival_subscriptions(), "are {} live subscriptions"),
        _repeats(_R.OWNERS_AGREE, await reads.misplaced(), "has {} rows that name another partner than its own"),
    )


async def audit_packs(work: IntegrityWork) -> RuleAudit:
    """Hold every pack's children against it."""
    findings: list[Finding] = []
    checked = 0
    after: PackSubscriptionId | None = None
    while page := await work.integrity.packs(after=after, limit=_PAGE):
        for pack in page:
            findings += pack_findings(pack)
        checked, after = checked + len(page), page[-1].id
    fault = "is not there, but named by {} subscriptions"
    orphans = _repeats(_R.CHILDREN_MIRROR_PACKS, await work.integrity.orphans(), fault)
    return RuleAudit(rule=_R.CHILDREN_MIRROR_PACKS, checked=checked, findings=(*findings, *orphans.findings))


async def audit_reports(work: IntegrityWork, sellers: Sequence[Partner], declared: Declared) -> RuleAudit:
    """Make the VAT report of every year that any document is declared in, and hold their sum against the documents."""
    findings: list[Finding] = []
    reports = 0
    for seller in sellers:
        reported: Sums = {}
        for year in sorted(declared.years.get(seller.id, ())):
            reports += 1
            try:
                account = (await gather(work, seller, year, place_vat)).tie_out()
            except UNREADABLE:
                findings.append(_untied(seller, f"the report of {year.name} can't be made: a document can't be read"))
                continue
            if not account.ties:
                findings.append(_untied(seller, f"the report of {year.name} does not tie out"))
            for heap in (*account.included, *account.left_out):
                if heap.reason not in _ELSEWHERE:
                    _add(reported, heap.currency, heap.net_cents, heap.tax_cents)
        stated = declared.sums.get(seller.id, {})
        findings += [
            _untied(seller, f"documents sum to {stated.get(currency, (0, 0))} {currency}, reports to {found}")
            for currency, found in sorted((_nothing(stated) | reported).items())
            if stated.get(currency, (0, 0)) != found
        ]
    return RuleAudit(rule=_R.REPORTS_TIE_OUT, checked=reports, findings=tuple(findings))


def _nothing(sums: Sums) -> Sums:
    return dict.fromkeys(sums, (0, 0))


def _add(sums: Sums, currency: str, net_cents: int, tax_cents: int) -> None:
    net, tax = sums.get(currency, (0, 0))
    sums[currency] = net + net_cents, tax + tax_cents


def _untied(seller: Partner, fault: str) -> Finding:
    return Finding(_R.REPORTS_TIE_OUT, "partner", seller.id, fault)


def _repeats(rule: IntegrityRule, read: Repeats, fault: str) -> RuleAudit:
    findings = (Finding(rule, each.resource_type, each.resource_id, fault.format(each.count)) for each in read.found)
    return RuleAudit(rule=rule, checked=read.checked, findings=tuple(findings))
