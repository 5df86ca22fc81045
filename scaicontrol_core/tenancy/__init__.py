"""Tenancy: who sells and who buys — operator, resellers (partners), their customers (tenants).

A partner carries the seller's side of every invoice (``PartnerConfiguration``), a tenant's
billing profile the buyer's (``BillingDetails``). Both are validated on entry and copied into
an invoice when it is finalised, so that editing them never rewrites the past.
"""

from scaicontrol_core.tenancy.billing_profile import BillingDetails, BillingProfile
from scaicontrol_core.tenancy.fields import EInvoiceFormat
from scaicontrol_core.tenancy.partner import Partner
from scaicontrol_core.tenancy.ports import BillingProfiles, Partners, TenancyWork, TenantFilter, Tenants, VatNumberCheck
from scaicontrol_core.tenancy.seller import BillingModel, NonEuCategory, PartnerConfiguration
from scaicontrol_core.tenancy.tenant import CollectionMethod, Tenant
from scaicontrol_core.tenancy.vat_evidence import VatEvidenceSource, VatNumberEvidence, VatNumberState

__all__ = [
    "BillingDetails",
    "BillingModel",
    "BillingProfile",
    "BillingProfiles",
    "CollectionMethod",
    "EInvoiceFormat",
    "NonEuCategory",
    "Partner",
    "PartnerConfiguration",
    "Partners",
    "TenancyWork",
    "Tenant",
    "TenantFilter",
    "Tenants",
    "VatEvidenceSource",
    "VatNumberCheck",
    "VatNumberEvidence",
    "VatNumberState",
]
