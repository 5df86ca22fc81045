"""The creditor reference of a bank transfer: the number of an invoice with check digits (ISO 11649)."""

from __future__ import annotations

_LONGEST = 21
_MODULUS, _COMPLEMENT = 97, 98


def creditor_reference(number: str) -> str | None:
    """Return ``RF``, two check digits and the letters and digits of the number; None if those are more than 21.

    Banks refuse a reference with a wrong digit, so a payment finds its invoice.
    """
    reference = "".join(sign for sign in number.upper() if sign.isascii() and sign.isalnum())
    if not reference or len(reference) > _LONGEST:
        return None
    # ISO 7064 MOD 97-10: letters count 10 to 35, the prefix stands at the end with zeros for the digits.
    remainder = int("".join(str(int(sign, 36)) for sign in f"{reference}RF00")) % _MODULUS
    return f"RF{_COMPLEMENT - remainder:02d}{reference}"
