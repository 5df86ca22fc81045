"""Tenancy: who sells and who buys — operator, resellers (partners), their customers (tenants).

A partner carries the seller's side of every invoice (``PartnerConfiguration``), a tenant's
billing profile the buyer's (``BillingDetails``). Both are validated on entry and copied into
an invoice when it is finalised, so that editing them never rewrites the past.
"""

from scaicontrol_core.tenancy.billing_profile import BillingDetails, BillingProfile
from scaicontrol_core.tenancy.fields import EInvoiceFormat
from scaicontrol_core.tenancy.partner import Partner
from scaicontrol_core.tenancy.ports import (
    BillingProfiles,
    Partners,
    TenancyWork,
    TenantFilter,
    Tenants,
    VatEvidenceLog,
    VatNumberCheck,
)
from scaicontrol_core.tenancy.seller import (
    BillingModel,
    NonEuCategory,
    PartnerConfiguration,
    UnverifiedVatNumberPolicy,
)
from scaicontrol_core.tenancy.tenant import CollectionMethod, Tenant
from scaicontrol_core.tenancy.vat_evidence import (
    VatEvidenceRecord,
    VatEvidenceSource,
    VatNumberEvidence,
    VatNumberState,
)
from scaicontrol_core.tenancy.vat_register import NoRegister, RegisterAnswer, RegisterQuestion, VatRegister

__all__ = [
    "BillingDetails",
    "BillingModel",
    "BillingProfile",
    "BillingProfiles",
    "CollectionMethod",
    "EInvoiceFormat",
    "NoRegister",
    "NonEuCategory",
    "Partner",
    "PartnerConfiguration",
    "Partners",
    "RegisterAnswer",
    "RegisterQuestion",
    "TenancyWork",
    "Tenant",
    "TenantFilter",
    "Tenants",
    "UnverifiedVatNumberPolicy",
    "VatEvidenceLog",
    "VatEvidenceRecord",
    "VatEvidenceSource",
    "VatNumberCheck",
    "VatNumberEvidence",
    "VatNumberState",
    "VatRegister",
]
