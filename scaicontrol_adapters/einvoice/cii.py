"""Cross Industry Invoice D16B: the syntax of ``cii``, and of the XML inside ZUGFeRD and Factur-X.

Element order is the schema's; what is written is the model's. Optional elements are left out rather
than written empty, but for ``ApplicableHeaderTradeDelivery``, which the schema wants in any case.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from scaicontrol_core.documents.einvoice.model import (
        Buyer,
        Contact,
        EInvoice,
        Identifier,
        InclusivePeriod,
        InvoiceLine,
        PaymentInstructions,
        PostalAddress,
        Seller,
        VatGroup,
    )

_UNCEFACT = "urn:un:unece:uncefact:data:standard:"
_NAMESPACES = {
    "rsm": f"{_UNCEFACT}CrossIndustryInvoice:100",
    "ram": f"{_UNCEFACT}ReusableAggregateBusinessInformationEntity:100",
    "udt": f"{_UNCEFACT}UnqualifiedDataType:100",
    "qdt": f"{_UNCEFACT}QualifiedDataType:100",
}
_RSM, _RAM, _UDT, _QDT = (f"{{{uri}}}" for uri in _NAMESPACES.values())
#: UNTDID 2379: CCYYMMDD.
_DAY = {"format": "102"}
_VAT, _OTHER_TAX = {"schemeID": "VA"}, {"schemeID": "FC"}


def write_cii(einvoice: EInvoice) -> bytes:
    """Return the document as UTF-8 XML; the same model gives the same bytes."""
    root = etree.Element(f"{_RSM}CrossIndustryInvoice", nsmap=_NAMESPACES)
    _context(root, einvoice)
    _header(root, einvoice)
    transaction = etree.SubElement(root, f"{_RSM}SupplyChainTradeTransaction")
    for line in einvoice.lines:
        _line(transaction, line)
    _agreement(transaction, einvoice)
    _delivery(transaction, einvoice)
    _settlement(transaction, einvoice)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _context(root: etree._Element, einvoice: EInvoice) -> None:
    context = etree.SubElement(root, f"{_RSM}ExchangedDocumentContext")
    if einvoice.process_id is not None:
        _text(_group(context, "BusinessProcessSpecifiedDocumentContextParameter"), "ID", einvoice.process_id)
    _text(_group(context, "GuidelineSpecifiedDocumentContextParameter"), "ID", einvoice.specification_id)


def _header(root: etree._Element, einvoice: EInvoice) -> None:
    header = etree.SubElement(root, f"{_RSM}ExchangedDocument")
    _text(header, "ID", einvoice.number)
    _text(header, "TypeCode", einvoice.type.value)
    _day(_group(header, "IssueDateTime"), einvoice.issue_date)
    if einvoice.note is not None:
        _text(_group(header, "IncludedNote"), "Content", einvoice.note)


def _line(transaction: etree._Element, line: InvoiceLine) -> None:
    item = _group(transaction, "IncludedSupplyChainTradeLineItem")
    _text(_group(item, "AssociatedDocumentLineDocument"), "LineID", line.identifier)
    product = _group(item, "SpecifiedTradeProduct")
    _text(product, "SellerAssignedID", line.seller_item)
    _text(product, "Name", line.name)
    _text(product, "Description", line.description)
    unit = {"unitCode": line.unit_code}
    price = _group(_group(item, "SpecifiedLineTradeAgreement"), "NetPriceProductTradePrice")
    _amount(price, "ChargeAmount", line.unit_price)
    if line.base_quantity != 1:
        _text(price, "BasisQuantity", str(line.base_quantity), unit)
    _text(_group(item, "SpecifiedLineTradeDelivery"), "BilledQuantity", format(line.quantity, "f"), unit)
    settlement = _group(item, "SpecifiedLineTradeSettlement")
    tax = _group(settlement, "ApplicableTradeTax")
    _text(tax, "TypeCode", "VAT")
    _text(tax, "CategoryCode", line.category)
    _amount(tax, "RateApplicablePercent", line.rate)
    _period(settlement, line.period)
    _amount(_group(settlement, "SpecifiedTradeSettlementLineMonetarySummation"), "LineTotalAmount", line.net)


def _agreement(transaction: etree._Element, einvoice: EInvoice) -> None:
    agreement = _group(transaction, "ApplicableHeaderTradeAgreement")
    _text(agreement, "BuyerReference", einvoice.buyer_reference)
    _seller(agreement, einvoice.seller)
    _buyer(agreement, einvoice.buyer)
    if einvoice.order_reference is not None:
        _text(_group(agreement, "BuyerOrderReferencedDocument"), "IssuerAssignedID", einvoice.order_reference)


def _seller(agreement: etree._Element, seller: Seller) -> None:
    party = _group(agreement, "SellerTradeParty")
    _text(party, "Name", seller.name)
    _text(party, "Description", seller.legal_information)
    if seller.legal_registration is not None or seller.trading_name is not None:
        organization = _group(party, "SpecifiedLegalOrganization")
        _identifier(organization, "ID", seller.legal_registration)
        _text(organization, "TradingBusinessName", seller.trading_name)
    _contact(party, seller.contact)
    _address(party, seller.address)
    _electronic_address(party, seller.electronic_address)
    _tax_registration(party, seller.vat_identifier, _VAT)
    _tax_registration(party, seller.tax_registration, _OTHER_TAX)


def _buyer(agreement: etree._Element, buyer: Buyer) -> None:
    party = _group(agreement, "BuyerTradeParty")
    _text(party, "ID", buyer.identifier)
    _text(party, "Name", buyer.name)
    if buyer.legal_registration is not None:
        _identifier(_group(party, "SpecifiedLegalOrganization"), "ID", buyer.legal_registration)
    _contact(party, buyer.contact)
    _address(party, buyer.address)
    _electronic_address(party, buyer.electronic_address)
    _tax_registration(party, buyer.vat_identifier, _VAT)


def _contact(party: etree._Element, contact: Contact | None) -> None:
    if contact is None:
        return
    reached = _group(party, "DefinedTradeContact")
    _text(reached, "PersonName", contact.name)
    if contact.phone is not None:
        _text(_group(reached, "TelephoneUniversalCommunication"), "CompleteNumber", contact.phone)
    if contact.email is not None:
        _text(_group(reached, "EmailURIUniversalCommunication"), "URIID", contact.email)


def _address(party: etree._Element, address: PostalAddress) -> None:
    place = _group(party, "PostalTradeAddress")
    _text(place, "PostcodeCode", address.postal_code)
    _text(place, "LineOne", address.line1)
    _text(place, "LineTwo", address.line2)
    _text(place, "CityName", address.city)
    _text(place, "CountryID", address.country_code)
    _text(place, "CountrySubDivisionName", address.subdivision)


def _electronic_address(party: etree._Element, address: Identifier | None) -> None:
    if address is not None:
        _identifier(_group(party, "URIUniversalCommunication"), "URIID", address)


def _tax_registration(party: etree._Element, number: str | None, scheme: dict[str, str]) -> None:
    if number is not None:
        _text(_group(party, "SpecifiedTaxRegistration"), "ID", number, scheme)


def _delivery(transaction: etree._Element, einvoice: EInvoice) -> None:
    delivery = _group(transaction, "ApplicableHeaderTradeDelivery")
    if einvoice.delivery_date is not None:
        event = _group(delivery, "ActualDeliverySupplyChainEvent")
        _day(_group(event, "OccurrenceDateTime"), einvoice.delivery_date)


def _settlement(transaction: etree._Element, einvoice: EInvoice) -> None:
    settlement = _group(transaction, "ApplicableHeaderTradeSettlement")
    payment = einvoice.payment
    _text(settlement, "PaymentReference", payment.remittance if payment else None)
    _text(settlement, "TaxCurrencyCode", einvoice.accounting_tax.currency if einvoice.accounting_tax else None)
    _text(settlement, "InvoiceCurrencyCode", einvoice.currency)
    if payment is not None:
        _payment_means(settlement, payment)
    for group in einvoice.vat_groups:
        _vat_group(settlement, group)
    _period(settlement, einvoice.period)
    if einvoice.payment_terms is not None or einvoice.due_date is not None:
        terms = _group(settlement, "SpecifiedTradePaymentTerms")
        _text(terms, "Description", einvoice.payment_terms)
        if einvoice.due_date is not None:
            _day(_group(terms, "DueDateDateTime"), einvoice.due_date)
    _totals(settlement, einvoice)
    for preceding in einvoice.preceding:
        document = _group(settlement, "InvoiceReferencedDocument")
        _text(document, "IssuerAssignedID", preceding.number)
        if preceding.issue_date is not None:
            _day(_group(document, "FormattedIssueDateTime"), preceding.issue_date, _QDT)


def _payment_means(settlement: etree._Element, payment: PaymentInstructions) -> None:
    means = _group(settlement, "SpecifiedTradeSettlementPaymentMeans")
    _text(means, "TypeCode", payment.means.value)
    if payment.transfer is not None:
        account = _group(means, "PayeePartyCreditorFinancialAccount")
        _text(account, "IBANID", payment.transfer.account)
        _text(account, "AccountName", payment.transfer.account_name)
        if payment.transfer.bank_identifier is not None:
            bank = _group(means, "PayeeSpecifiedCreditorFinancialInstitution")
            _text(bank, "BICID", payment.transfer.bank_identifier)


def _vat_group(settlement: etree._Element, group: VatGroup) -> None:
    tax = _group(settlement, "ApplicableTradeTax")
    _amount(tax, "CalculatedAmount", group.tax)
    _text(tax, "TypeCode", "VAT")
    _text(tax, "ExemptionReason", group.exemption_reason)
    _amount(tax, "BasisAmount", group.taxable)
    _text(tax, "CategoryCode", group.category)
    _text(tax, "ExemptionReasonCode", group.exemption_code)
    _amount(tax, "RateApplicablePercent", group.rate)


def _totals(settlement: etree._Element, einvoice: EInvoice) -> None:
    totals = einvoice.totals
    sums = _group(settlement, "SpecifiedTradeSettlementHeaderMonetarySummation")
    _amount(sums, "LineTotalAmount", totals.line_net)
    _amount(sums, "TaxBasisTotalAmount", totals.tax_exclusive)
    _amount(sums, "TaxTotalAmount", totals.tax, {"currencyID": einvoice.currency})
    accounting = einvoice.accounting_tax
    if accounting is not None:
        _amount(sums, "TaxTotalAmount", accounting.tax, {"currencyID": accounting.currency})
    _amount(sums, "GrandTotalAmount", totals.tax_inclusive)
    _amount(sums, "TotalPrepaidAmount", totals.prepaid)
    _amount(sums, "DuePayableAmount", totals.payable)


def _period(parent: etree._Element, period: InclusivePeriod | None) -> None:
    if period is not None:
        span = _group(parent, "BillingSpecifiedPeriod")
        _day(_group(span, "StartDateTime"), period.first)
        _day(_group(span, "EndDateTime"), period.last)


def _group(parent: etree._Element, name: str) -> etree._Element:
    return etree.SubElement(parent, _RAM + name)


def _text(parent: etree._Element, name: str, text: str | None, attributes: dict[str, str] | None = None) -> None:
    if text is not None:
        etree.SubElement(parent, _RAM + name, attributes).text = text


def _amount(parent: etree._Element, name: str, value: Decimal | None, attributes: dict[str, str] | None = None) -> None:
    if value is not None:
        etree.SubElement(parent, _RAM + name, attributes).text = format(value, "f")


def _identifier(parent: etree._Element, name: str, identifier: Identifier | None) -> None:
    if identifier is not None:
        scheme = {"schemeID": identifier.scheme} if identifier.scheme else None
        etree.SubElement(parent, _RAM + name, scheme).text = identifier.value


def _day(parent: etree._Element, day: date, namespace: str = _UDT) -> None:
    etree.SubElement(parent, f"{namespace}DateTimeString", _DAY).text = day.isoformat().replace("-", "")
