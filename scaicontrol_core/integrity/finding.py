"""What an audit says: the rules it checked, how much it looked at, and what contradicts them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import frozen


class IntegrityRule(StrEnum):
    """One thing that must hold over the whole database."""

    NUMBERS_WITHOUT_GAPS = "numbers_without_gaps"
    """Each series counts by one, its dates never run back, its chain of hashes is whole (art. 226(2))."""
    DOCUMENTS_ADD_UP = "documents_add_up"
    """Lines sum to their VAT groups, groups to totals, and each group's VAT is its rate of its net (BR-CO-17)."""
    CHARGES_ON_INVOICES = "charges_on_invoices"
    """What the ledger says was charged stands on the invoice that it names, to the cent."""
    CREDITS_WITHIN_INVOICES = "credits_within_invoices"
    """The credit notes of an invoice sum to what it says is credited, and never to more than the invoice."""
    PAYMENTS_COUNTED = "payments_counted"
    """What an invoice says was paid and given back is the sum of its payments, and no more came back than came."""
    PAID_WHEN_SETTLED = "paid_when_settled"
    """An invoice that was sent is paid exactly when its balance (total, credit notes, payments) leaves nothing open."""
    PERIODS_BILLED_ONCE = "periods_billed_once"
    """The periods charged to a subscription follow one another and never overlap."""
    NOTHING_AFTER_THE_END = "nothing_after_the_end"
    """No charged period begins after its subscription was over."""
    ACTIVATED_ONCE = "activated_once"
    """No subscription was announced as activated twice."""
    ONE_LIVE_SUBSCRIPTION = "one_live_subscription"
    """A tenant has one live subscription to a service, unless the service allows several."""
    OWNERS_AGREE = "owners_agree"
    """Every row of a tenant names that tenant's own partner."""
    CHILDREN_MIRROR_PACKS = "children_mirror_packs"
    """The subscriptions of a pack stand where it stands, and each of the two names the other."""
    COMMISSIONS_STATED = "commissions_stated"
    """A closed commission statement is the sum of its entries."""
    PARTNERS_BILLED = "partners_billed"
    """What an invoice between the operator and a partner charges is what its statements, or its ledger, say."""
    REPORTS_TIE_OUT = "reports_tie_out"
    """The VAT reports of all years sum to exactly the seller's documents."""


@frozen
class Finding:
    """A contradiction: the rule, the row it was found at (kind and id), and what is wrong with it."""

    rule: IntegrityRule
    resource_type: str
    resource_id: str
    fault: str


@frozen(kw_only=True)
class RuleAudit:
    """What became of one rule: how many rows it looked at, and what it found."""

    rule: IntegrityRule
    checked: int
    findings: tuple[Finding, ...] = ()


@frozen(kw_only=True)
class IntegrityAudit:
    """The audit of a database at an instant (UTC), rule by rule."""

    audited_at: datetime
    rules: tuple[RuleAudit, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that was found, in the rules' order."""
        return tuple(finding for rule in self.rules for finding in rule.findings)

    @property
    def is_clean(self) -> bool:
        """Tell whether nothing contradicts any rule."""
        return not self.findings
