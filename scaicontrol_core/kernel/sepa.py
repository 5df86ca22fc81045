"""Where the euro moves within SEPA: countries by the first two letters of an account's IBAN."""

from __future__ import annotations

EEA = frozenset("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK".split())
#: The SEPA area outside the EEA (EPC409-09), where a transfer or a debit still has to name the bank.
SEPA_BEYOND_EEA = frozenset("AD AL CH GB GI MC MD ME MK RS SM VA".split())
