"""Which use cases may be called by name: those that a command of ``admin`` calls, and no others.

What only jobs call is missing on purpose: their arguments are decided by a schedule, not by a caller. So is what a
command calls that works on the installation's own machine alone (``local_only``). A test compares this list with the
commands: after a new command, add what it calls.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

#: By feature.
NAMES: Mapping[str, tuple[str, ...]] = {
    "audit": ("ExportAuditMonth", "ReadAuditLog", "ReadHistory"),
    "billing": (
        "AuditNumbering",
        "BackfillRecurrences",
        "ChangeSubscription",
        "DraftInvoice",
        "EditDraft",
        "ExplainInvoice",
        "FinalizeInvoice",
        "FinalizeInvoices",
        "GetBillingRun",
        "GetInvoice",
        "ImportExchangeRates",
        "IssueCreditNote",
        "ListCommissions",
        "ListExchangeRates",
        "ListInvoices",
        "ListVatCorrections",
        "OrderLines",
        "PreviewCreditNote",
        "ReadCommissions",
        "ReadConsumerTurnover",
        "ReadUpcomingInvoice",
        "RecordHandOver",
        "ReissueInvoice",
        "ReportEcSales",
        "ReportOss",
        "ReportRecurringRevenue",
        "ReportVat",
        "RunBilling",
        "VoidInvoice",
    ),
    "catalog": (
        "DeactivatePack",
        "DeactivatePlan",
        "DeletePlan",
        "ExportCatalogue",
        "GetPack",
        "ImportCatalogue",
        "ListPacks",
        "ListPlans",
        "ReadCatalogueHistory",
        "SavePack",
    ),
    "delivery": (
        "CreateWebhookSubscription",
        "DeleteWebhookSubscription",
        "DisableWebhookSubscription",
        "EnableWebhookSubscription",
        "GetWebhookDelivery",
        "GetWebhookSubscription",
        "ListTopics",
        "ListWebhookDeliveries",
        "ListWebhookSubscriptions",
        "ReadEvents",
        "ReplayDeadDeliveries",
        "ReplayDeliveriesSince",
        "ReplayWebhookDelivery",
        "RotateWebhookSecret",
        "SendTestEvent",
        "UpdateWebhookSubscription",
    ),
    "documents": (
        "CopyTemplate",
        "DeleteBrandAsset",
        "DeleteTemplate",
        "DeliverMail",
        "ExportTemplates",
        "GetTemplate",
        "ImportTemplates",
        "ListBrandAssets",
        "ListDocumentRevisions",
        "ListSends",
        "ListTemplateVersions",
        "ListTemplates",
        "PreviewDraft",
        "PreviewTemplate",
        "ReadEInvoice",
        "ReadInvoicePdf",
        "RegenerateInvoicePdf",
        "RenderCommissions",
        "RenderStatement",
        "ResolveTemplate",
        "RestoreTemplate",
        "RetrySend",
        "SendInvoice",
        "ShowInvoice",
        "StateAccount",
        "UploadBrandAsset",
        "ValidateTemplate",
    ),
    "entitlements": (
        "ListEntitlements",
        "ReadEntitlement",
    ),
    "identity": (
        "AddGroupMember",
        "CreateGroup",
        "CreateRole",
        "DeleteGroup",
        "DeleteRole",
        "GetGroup",
        "GetRole",
        "GetUser",
        "ListGroups",
        "ListRoles",
        "ListUsers",
        "RemoveGroupMember",
        "RenameGroup",
        "SetGroupRoles",
        "SetUserRoles",
        "UpdateRole",
    ),
    "integrity": ("AuditIntegrity",),
    "metering": (
        "IngestUsage",
        "ReadUsage",
        "RebuildUsage",
    ),
    "payments": (
        "AddPaymentMethod",
        "DetachPaymentMethod",
        "ListPaymentMethods",
        "ListPayments",
        "ReadBalances",
        "RecordFailedPayment",
        "RecordPayment",
        "RecordRefund",
        "ReportAgeing",
        "SetDefaultPaymentMethod",
    ),
    "subscriptions": (
        "BulkSubscriptions",
        "CancelPackSubscription",
        "CancelSubscription",
        "CreateSubscription",
        "ExtendPackTrial",
        "ExtendTrial",
        "GetPackSubscription",
        "GetSubscription",
        "ImportSubscriptions",
        "ListPackSubscriptions",
        "ListSubscriptions",
        "OverrideSubscription",
        "PauseSubscription",
        "RefreshCosts",
        "ResumePackSubscription",
        "ResumeSubscription",
        "SetAnchor",
        "SetTerm",
        "SubscribePack",
        "SuspendPackSubscription",
        "SuspendSubscription",
        "WithdrawChange",
    ),
    "tenancy": (
        "AttestPartnerVatNumber",
        "AttestVatNumber",
        "BootstrapOperator",
        "CheckPartnerVatNumber",
        "CheckVatNumber",
        "ConfigurePartner",
        "CreatePartner",
        "CreateTenant",
        "FindTenant",
        "GetBillingProfile",
        "GetOperator",
        "GetPartner",
        "ImportTenants",
        "ListPartners",
        "ListTenants",
        "ListVatEvidence",
        "RecheckVatNumbers",
        "SetBillingProfile",
        "UpdateTenant",
    ),
}
_WORD = re.compile(r"(?<!^)(?=[A-Z])")


@cache
def offered() -> Mapping[str, type[Any]]:
    """Return the use cases by name."""
    return {name: _found(feature, name) for feature, names in NAMES.items() for name in names}


def _found(feature: str, name: str) -> type[Any]:
    """Import a use case: its module is called as it is, in small letters."""
    module = _WORD.sub("_", name.replace("EInvoice", "Einvoice")).lower()
    found: type[Any] = getattr(import_module(f"scaicontrol_core.{feature}.use_cases.{module}"), name)
    return found
