"""EN 16931 in UBL 2.1: Peppol BIS Billing 3 and XRechnung.

Nothing is decided here but element names and their order, which the schema fixes. A credit
note has a root of its own, with other names for its type, lines and quantities, and no due date.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from lxml import etree

from scaicontrol_core.documents.einvoice.model import (
    Buyer,
    Contact,
    CreditTransfer,
    EInvoice,
    Identifier,
    InclusivePeriod,
    InvoiceLine,
    PaymentInstructions,
    PostalAddress,
    Seller,
    VatGroup,
)

Element = etree._Element  # noqa: SLF001  # lxml gives its class no public name

_UBL = "urn:oasis:names:specification:ubl:schema:xsd"
_CAC = f"{_UBL}:CommonAggregateComponents-2"
_CBC = f"{_UBL}:CommonBasicComponents-2"
#: What a tax number is called that is no VAT identifier (BT-32); anything but VAT will do.
_TAX_NUMBER = "TAX"


def write_ubl(einvoice: EInvoice) -> bytes:
    """Return the document as UTF-8 XML with a declaration; the same document gives the same bytes."""
    name = "CreditNote" if einvoice.is_credit_note else "Invoice"
    namespace = f"{_UBL}:{name}-2"
    prefixes: dict[Any, str] = {None: namespace, "cac": _CAC, "cbc": _CBC}
    root = etree.Element(f"{{{namespace}}}{name}", nsmap=prefixes)
    _header(root, einvoice)
    _seller(_group(root, "AccountingSupplierParty"), einvoice.seller)
    _buyer(_group(root, "AccountingCustomerParty"), einvoice.buyer)
    if einvoice.delivery_date is not None:
        _date(_group(root, "Delivery"), "ActualDeliveryDate", einvoice.delivery_date)
    if einvoice.payment is not None:
        _payment_means(root, einvoice.payment)
    if einvoice.payment_terms:
        _text(_group(root, "PaymentTerms"), "Note", einvoice.payment_terms)
    _tax_totals(root, einvoice)
    _monetary_total(root, einvoice)
    for line in einvoice.lines:
        _line(root, line, einvoice)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


# ------------------------------------------------------------------------------------------------------------ header


def _header(root: Element, einvoice: EInvoice) -> None:
    _text(root, "CustomizationID", einvoice.specification_id)
    _text(root, "ProfileID", einvoice.process_id)
    _text(root, "ID", einvoice.number)
    _date(root, "IssueDate", einvoice.issue_date)
    if einvoice.is_credit_note:
        _text(root, "CreditNoteTypeCode", einvoice.type.value)
    else:
        if einvoice.due_date is not None:
            _date(root, "DueDate", einvoice.due_date)
        _text(root, "InvoiceTypeCode", einvoice.type.value)
    _text(root, "Note", einvoice.note)
    _text(root, "DocumentCurrencyCode", einvoice.currency)
    if einvoice.accounting_tax is not None:
        _text(root, "TaxCurrencyCode", einvoice.accounting_tax.currency)
    _text(root, "BuyerReference", einvoice.buyer_reference)
    _period(root, einvoice.period)
    if einvoice.order_reference:
        _text(_group(root, "OrderReference"), "ID", einvoice.order_reference)
    for preceding in einvoice.preceding:
        reference = _group(_group(root, "BillingReference"), "InvoiceDocumentReference")
        _text(reference, "ID", preceding.number)
        if preceding.issue_date is not None:
            _date(reference, "IssueDate", preceding.issue_date)


def _period(parent: Element, period: InclusivePeriod | None) -> None:
    if period is not None:
        group = _group(parent, "InvoicePeriod")
        _date(group, "StartDate", period.first)
        _date(group, "EndDate", period.last)


# ----------------------------------------------------------------------------------------------------------- parties


def _seller(parent: Element, seller: Seller) -> None:
    party = _group(parent, "Party")
    _identifier(party, "EndpointID", seller.electronic_address)
    if seller.trading_name:
        _text(_group(party, "PartyName"), "Name", seller.trading_name)
    _address(party, seller.address)
    _tax_scheme(party, seller.vat_identifier, "VAT")
    _tax_scheme(party, seller.tax_registration, _TAX_NUMBER)
    legal = _group(party, "PartyLegalEntity")
    _text(legal, "RegistrationName", seller.name)
    _identifier(legal, "CompanyID", seller.legal_registration)
    _text(legal, "CompanyLegalForm", seller.legal_information)
    _contact(party, seller.contact)


def _buyer(parent: Element, buyer: Buyer) -> None:
    party = _group(parent, "Party")
    _identifier(party, "EndpointID", buyer.electronic_address)
    if buyer.identifier:
        _text(_group(party, "PartyIdentification"), "ID", buyer.identifier)
    _address(party, buyer.address)
    _tax_scheme(party, buyer.vat_identifier, "VAT")
    legal = _group(party, "PartyLegalEntity")
    _text(legal, "RegistrationName", buyer.name)
    _identifier(legal, "CompanyID", buyer.legal_registration)
    _contact(party, buyer.contact)


def _address(party: Element, address: PostalAddress) -> None:
    group = _group(party, "PostalAddress")
    _text(group, "StreetName", address.line1)
    _text(group, "AdditionalStreetName", address.line2)
    _text(group, "CityName", address.city)
    _text(group, "PostalZone", address.postal_code)
    _text(group, "CountrySubentity", address.subdivision)
    _text(_group(group, "Country"), "IdentificationCode", address.country_code)


def _tax_scheme(party: Element, number: str | None, scheme: str) -> None:
    if number:
        group = _group(party, "PartyTaxScheme")
        _text(group, "CompanyID", number)
        _text(_group(group, "TaxScheme"), "ID", scheme)


def _contact(party: Element, contact: Contact | None) -> None:
    if contact is not None:
        group = _group(party, "Contact")
        _text(group, "Name", contact.name)
        _text(group, "Telephone", contact.phone)
        _text(group, "ElectronicMail", contact.email)


# ----------------------------------------------------------------------------------------------------------- payment


def _payment_means(root: Element, payment: PaymentInstructions) -> None:
    group = _group(root, "PaymentMeans")
    _text(group, "PaymentMeansCode", payment.means.value)
    _text(group, "PaymentID", payment.remittance)
    if payment.transfer is not None:
        _account(group, payment.transfer)


def _account(means: Element, transfer: CreditTransfer) -> None:
    group = _group(means, "PayeeFinancialAccount")
    _text(group, "ID", transfer.account)
    _text(group, "Name", transfer.account_name)
    if transfer.bank_identifier:
        _text(_group(group, "FinancialInstitutionBranch"), "ID", transfer.bank_identifier)


# ------------------------------------------------------------------------------------------------------------ totals


def _tax_totals(root: Element, einvoice: EInvoice) -> None:
    total = _group(root, "TaxTotal")
    _amount(total, "TaxAmount", einvoice.totals.tax, einvoice.currency)
    for group in einvoice.vat_groups:
        _subtotal(total, group, einvoice.currency)
    if einvoice.accounting_tax is not None:
        # BT-111 stands in a second total, without groups (PEPPOL-EN16931-R054).
        _amount(_group(root, "TaxTotal"), "TaxAmount", einvoice.accounting_tax.tax, einvoice.accounting_tax.currency)


def _subtotal(total: Element, vat: VatGroup, currency: str) -> None:
    subtotal = _group(total, "TaxSubtotal")
    _amount(subtotal, "TaxableAmount", vat.taxable, currency)
    _amount(subtotal, "TaxAmount", vat.tax, currency)
    category = _group(subtotal, "TaxCategory")
    _text(category, "ID", vat.category)
    _number(category, "Percent", vat.rate)
    _text(category, "TaxExemptionReasonCode", vat.exemption_code)
    _text(category, "TaxExemptionReason", vat.exemption_reason)
    _text(_group(category, "TaxScheme"), "ID", "VAT")


def _monetary_total(root: Element, einvoice: EInvoice) -> None:
    group, totals, currency = _group(root, "LegalMonetaryTotal"), einvoice.totals, einvoice.currency
    _amount(group, "LineExtensionAmount", totals.line_net, currency)
    _amount(group, "TaxExclusiveAmount", totals.tax_exclusive, currency)
    _amount(group, "TaxInclusiveAmount", totals.tax_inclusive, currency)
    if totals.prepaid is not None:
        _amount(group, "PrepaidAmount", totals.prepaid, currency)
    _amount(group, "PayableAmount", totals.payable, currency)


# ------------------------------------------------------------------------------------------------------------- lines


def _line(root: Element, line: InvoiceLine, einvoice: EInvoice) -> None:
    name, quantity = ("CreditNoteLine", "CreditedQuantity") if einvoice.is_credit_note else _INVOICE_LINE
    group = _group(root, name)
    _text(group, "ID", line.identifier)
    _number(group, quantity, line.quantity, unitCode=line.unit_code)
    _amount(group, "LineExtensionAmount", line.net, einvoice.currency)
    _period(group, line.period)
    item = _group(group, "Item")
    _text(item, "Description", line.description)
    _text(item, "Name", line.name)
    if line.seller_item:
        _text(_group(item, "SellersItemIdentification"), "ID", line.seller_item)
    category = _group(item, "ClassifiedTaxCategory")
    _text(category, "ID", line.category)
    _number(category, "Percent", line.rate)
    _text(_group(category, "TaxScheme"), "ID", "VAT")
    price = _group(group, "Price")
    _amount(price, "PriceAmount", line.unit_price, einvoice.currency)
    if line.base_quantity != 1:
        _number(price, "BaseQuantity", Decimal(line.base_quantity), unitCode=line.unit_code)


_INVOICE_LINE = ("InvoiceLine", "InvoicedQuantity")


# ------------------------------------------------------------------------------------------------------ the elements


def _group(parent: Element, name: str) -> Element:
    return etree.SubElement(parent, f"{{{_CAC}}}{name}")


def _text(parent: Element, name: str, text: str | None, **attributes: str) -> None:
    """Add an element, or none for no text: an empty one is a fault (PEPPOL-EN16931-R008)."""
    if text:
        element = etree.SubElement(parent, f"{{{_CBC}}}{name}")
        element.text = text
        for attribute, value in attributes.items():
            element.set(attribute, value)


def _identifier(parent: Element, name: str, identifier: Identifier | None) -> None:
    if identifier is not None:
        scheme = {"schemeID": identifier.scheme} if identifier.scheme else {}
        _text(parent, name, identifier.value, **scheme)


def _date(parent: Element, name: str, day: date) -> None:
    _text(parent, name, day.isoformat())


def _number(parent: Element, name: str, number: Decimal | None, **attributes: str) -> None:
    if number is not None:
        _text(parent, name, format(number, "f"), **attributes)


def _amount(parent: Element, name: str, amount: Decimal, currency: str) -> None:
    _number(parent, name, amount, currencyID=currency)
