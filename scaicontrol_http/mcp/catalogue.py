"""All tools, in the order in which they are listed."""

from __future__ import annotations

from scaicontrol_http.mcp.tool import Tool
from scaicontrol_http.mcp.tools import subscriptions, tenants

TOOLS: tuple[Tool, ...] = (
    tenants.TOOL,
    subscriptions.TOOL,
)
