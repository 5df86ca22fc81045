"""Snapshots: buyer and seller as they are at finalization, copied so that later edits can't reach them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_core.billing.frozen_document import BuyerSnapshot, SellerSnapshot

if TYPE_CHECKING:
    from scaicontrol_core.billing.facts import BuyerSide
    from scaicontrol_core.tenancy.partner import Partner
    from scaicontrol_core.tenancy.tenant import Tenant


def seller_snapshot(seller: Partner) -> SellerSnapshot:
    """Copy what an invoice shows of its seller. The caller has checked that it is billable."""
    own = seller.configuration
    return SellerSnapshot(
        legal_name=own.legal_name or seller.name,
        country_code=own.seller_country_code or "",
        language=own.language,
        timezone=own.billing_timezone,
        trading_name=own.partner_name or None,
        address_line1=own.seller_address_line1,
        address_line2=own.seller_address_line2,
        postal_code=own.seller_postal_code,
        city=own.seller_city,
        vat_number=own.seller_vat_number,
        registration_number=own.seller_registration_number,
        tax_number=own.seller_tax_number,
        email=own.seller_email,
        phone=own.seller_phone,
        iban=own.iban,
        bic=own.bic,
        bank_name=own.bank_name,
        account_holder=own.account_holder,
        peppol_id=own.seller_peppol_id,
        peppol_scheme=own.seller_peppol_scheme,
        logo_url=own.invoice_logo_url,
        footer_text=own.invoice_footer_text,
        brand_color=_text(own.branding, "color"),
        brand_font=_text(own.branding, "font"),
        brand_font_bold=_text(own.branding, "font_bold"),
    )


def buyer_snapshot(profile: BuyerSide, tenant: Tenant | None) -> BuyerSnapshot:
    """Copy what an invoice shows of its buyer; a partner is no tenant and has no customer number."""
    own = profile.details
    return BuyerSnapshot(
        company_name=own.company_name,
        country_code=own.country_code,
        preferred_language=own.preferred_language,
        is_business=own.is_business,
        tax_exempt=own.tax_exempt,
        address_line1=own.address_line1,
        address_line2=own.address_line2,
        postal_code=own.postal_code,
        city=own.city,
        state=own.state,
        vat_number=own.vat_number,
        contact_email=own.contact_email,
        phone=own.phone,
        peppol_id=own.peppol_id,
        peppol_scheme=own.peppol_scheme,
        leitweg_id=own.leitweg_id,
        preferred_einvoice_format=own.preferred_einvoice_format.value if own.preferred_einvoice_format else None,
        buyer_reference=own.buyer_reference,
        external_reference=tenant.external_reference if tenant else None,
    )


def _text(branding: dict[str, object], name: str) -> str | None:
    value = branding.get(name)
    return value if isinstance(value, str) else None
