"""All tools, in the order in which they are listed."""

from __future__ import annotations

from scaicontrol_http.mcp.tool import Tool
from scaicontrol_http.mcp.tools import (
    dunning,
    entitlements,
    events,
    invoices,
    packs,
    payment_methods,
    payments,
    plans,
    provisioning,
    reports,
    services,
    settings,
    subscriptions,
    tenants,
    usage,
    webhooks,
)

TOOLS: tuple[Tool, ...] = (
    tenants.TOOL,
    services.TOOL,
    plans.TOOL,
    subscriptions.TOOL,
    usage.TOOL,
    entitlements.TOOL,
    invoices.TOOL,
    payments.TOOL,
    payment_methods.TOOL,
    packs.TOOL,
    dunning.TOOL,
    provisioning.TOOL,
    webhooks.TOOL,
    events.TOOL,
    reports.TOOL,
    settings.TOOL,
)
