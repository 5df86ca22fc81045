"""How to pay, in the terms of EN 16931: BT-20 in words, BG-16 in codes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from scaicontrol_core.documents.einvoice.model import CreditTransfer, PaymentInstructions, PaymentMeans
from scaicontrol_core.documents.einvoice.profiles import Profile, is_under_german_rules
from scaicontrol_core.documents.labels import Labels

Facts = Mapping[str, Any]

_AT_ONCE = {
    "en": "Payable at once",
    "nl": "Direct te betalen",
    "de": "Zahlbar sofort",
    "fr": "Payable immédiatement",
    "es": "Pago al contado",
    "it": "Pagamento immediato",
}
_WITHIN = {
    "en": "Payable within {days} days of the invoice date",
    "nl": "Te betalen binnen {days} dagen na de factuurdatum",
    "de": "Zahlbar innerhalb von {days} Tagen ab Rechnungsdatum",
    "fr": "Payable sous {days} jours à compter de la date de facture",
    "es": "Pago a {days} días desde la fecha de factura",
    "it": "Pagamento entro {days} giorni dalla data fattura",
}


def payment_terms(document: Facts, labels: Labels, asked: Decimal, *, is_credit_note: bool) -> str:
    """Return BT-20. ``asked`` is what the buyer is to pay, negative if it gets something.

    The text never holds a ``#``, which XRechnung reads as a cash discount (BR-DE-18).
    """
    if asked <= 0:
        return labels.credit_settlement if is_credit_note or asked else labels.nothing_to_pay
    days = document["payment_terms_days"]
    wording = _WITHIN if days > 1 else _AT_ONCE
    return wording[labels.language].format(days=days)


def payment_instructions(document: Facts, profile: Profile, asked: Decimal) -> PaymentInstructions | None:
    """Return BG-16: a transfer to the seller's account where something is to be paid to it.

    Nobody transfers for a credit note; XRechnung wants the group all the same (BR-DE-1), Peppol
    between Germans too (DE-R-001): they get a code without an account. Without an IBAN there is
    no group at all, for BR-61 would miss the account.
    """
    if asked <= 0:
        means = PaymentMeans.CLEARING if asked else PaymentMeans.NOT_DEFINED
        return PaymentInstructions(means=means) if is_under_german_rules(document, profile) else None
    seller: Facts = document["seller"]
    if not seller.get("iban"):
        return None
    return PaymentInstructions(
        means=_means(document, profile),
        remittance=document.get("creditor_reference") or document.get("payment_reference") or None,
        transfer=CreditTransfer(
            account=seller["iban"],
            account_name=seller.get("account_holder") or seller["legal_name"],
            bank_identifier=seller.get("bic"),
        ),
    )


def _means(document: Facts, profile: Profile) -> PaymentMeans:
    if document["currency"] == "EUR":
        return PaymentMeans.SEPA_CREDIT_TRANSFER
    danish = document["seller"]["country_code"] == document["buyer"]["country_code"] == "DK"
    # Between Danes Peppol has another code for a transfer to an IBAN and BIC (DK-R-005, DK-R-006).
    return PaymentMeans.DEBIT_TRANSFER if danish and profile.is_peppol else PaymentMeans.CREDIT_TRANSFER
