"""Tax: which VAT applies to a supply of digital services, on which law, and how much it is.

Pure, and usable by itself: describe a supply (``VatInputs``), ask ``decide_vat`` with a rate
table (``standard_rates()``), and add up a document's lines with ``break_down``. A decision
names its rule, law and rate row; contested places carry ``review`` instead of a silent guess.
"""

from scaicontrol_core.tax.breakdown import VatBreakdown, VatEntry, break_down
from scaicontrol_core.tax.evidence import evidence_state
from scaicontrol_core.tax.mentions import (
    LegalNote,
    VatCategory,
    legal_note,
    localize_legal_note,
    localize_tax_label,
    tax_label,
)
from scaicontrol_core.tax.tax_point import AdvancePolicy, BillingMode, default_policy, tax_point
from scaicontrol_core.tax.territory import MEMBER_STATES, Territory, territory_of
from scaicontrol_core.tax.vat_decision import Advisory, Step, Treatment, VatDecision
from scaicontrol_core.tax.vat_id import (
    VatNumber,
    VatNumberFormat,
    find_vat_number,
    parse_vat_number,
    require_vat_number,
)
from scaicontrol_core.tax.vat_inputs import VatInputs
from scaicontrol_core.tax.vat_rates import RateTable, UnknownRate, VatRate, parse_rates, standard_rates
from scaicontrol_core.tax.vat_rules import B2C_THRESHOLD_CENTS, decide_vat

__all__ = [
    "B2C_THRESHOLD_CENTS",
    "MEMBER_STATES",
    "AdvancePolicy",
    "Advisory",
    "BillingMode",
    "LegalNote",
    "RateTable",
    "Step",
    "Territory",
    "Treatment",
    "UnknownRate",
    "VatBreakdown",
    "VatCategory",
    "VatDecision",
    "VatEntry",
    "VatInputs",
    "VatNumber",
    "VatNumberFormat",
    "VatRate",
    "break_down",
    "decide_vat",
    "default_policy",
    "evidence_state",
    "find_vat_number",
    "legal_note",
    "localize_legal_note",
    "localize_tax_label",
    "parse_rates",
    "parse_vat_number",
    "require_vat_number",
    "standard_rates",
    "tax_label",
    "tax_point",
    "territory_of",
]
