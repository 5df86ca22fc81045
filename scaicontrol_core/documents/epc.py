"""What the QR code of a SEPA credit transfer says (EPC069-12, version 2): the account, the amount, the reference.

A banking app reads it and fills in the transfer. Pure text here; drawing it is the renderer's.
"""

from __future__ import annotations

from scaicontrol_core.kernel.money import Money
from scaicontrol_core.kernel.sepa import EEA, SEPA_BEYOND_EEA

_SERVICE_TAG, _VERSION, _UTF_8, _CREDIT_TRANSFER = "BCD", "002", "1", "SCT"
_LEAST_CENTS, _MOST_CENTS = 1, 99_999_999_999
_LONGEST_NAME, _LONGEST_TEXT = 70, 140
#: The most bytes that QR version 13 holds at error correction level M.
_MOST_BYTES = 331


def epc_payload(
    *,
    name: str,
    iban: str,
    bic: str | None,
    amount: Money,
    creditor_reference: str | None = None,
    text: str | None = None,
) -> str | None:
    """Return the code's text, or None where no such code exists.

    That is: another currency than the euro, less than 0.01 or more than 999,999,999.99, an account
    that is no valid IBAN of the SEPA area, or one outside the EEA without its bank's BIC. The
    structured reference (ISO 11649) goes before the free text: a code holds one of them.
    """
    account = "".join(iban.split()).upper()
    if amount.currency != "EUR" or not _LEAST_CENTS <= amount.minor <= _MOST_CENTS or not _reachable(account, bic):
        return None
    reference = creditor_reference or ""
    remittance = "" if reference else _one_line(text or "")[:_LONGEST_TEXT]
    beneficiary = _one_line(name)[:_LONGEST_NAME]
    while beneficiary:
        euros = f"EUR{amount.minor // 100}.{amount.minor % 100:02}"
        head = (_SERVICE_TAG, _VERSION, _UTF_8, _CREDIT_TRANSFER, bic or "")
        payload = "\n".join((*head, beneficiary, account, euros, "", reference, remittance)).rstrip("\n")
        if len(payload.encode()) <= _MOST_BYTES:
            return payload
        # Scripts of several bytes a letter: the name gives way, for nobody books by it.
        beneficiary = beneficiary[:-1].rstrip()
        remittance = remittance[: max(len(remittance) - 1, 0)]
    return None


def _reachable(account: str, bic: str | None) -> bool:
    country = account[:2]
    if country not in EEA and not (bic and country in SEPA_BEYOND_EEA):
        return False
    from stdnum import iban as iban_number  # noqa: PLC0415  # the number formats cost start-up time; few callers need them

    return bool(iban_number.is_valid(account))


def _one_line(text: str) -> str:
    """Return the text without line breaks: they part the fields of the code."""
    return " ".join(text.split())
