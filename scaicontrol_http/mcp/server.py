"""The server that speaks the protocol: it lists tools and takes calls, and knows nothing of what they do."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import mcp_types as types
import msgspec
from mcp.server.lowlevel import Server

from scaicontrol_core.kernel.errors import ScaiControlError
from scaicontrol_http.mcp.calling import Desk, Outcome
from scaicontrol_http.mcp.catalogue import TOOLS
from scaicontrol_http.mcp.schemas import input_schema, output_schema

if TYPE_CHECKING:
    from mcp.server.context import ServerRequestContext

    from scaicontrol_adapters.container import Container
    from scaicontrol_core.access import Actor
    from scaicontrol_http.mcp.action import Action
    from scaicontrol_http.mcp.tool import Tool

    Context = ServerRequestContext[Any, Any]

#: Tells whose request it is; raises ``Unauthenticated``.
WhoAsks = Callable[["Context"], Awaitable["Actor"]]
_UNREAD = -32602  # "invalid params"

INSTRUCTIONS = (
    "ScaiControl is the control plane of a software business: customers (tenants), plans, subscriptions, usage, "
    "invoices, payments, reports. Every tool takes an action and that action's fields. Amounts are whole minor units "
    "of their currency (19900 = 199.00), days are the seller's, instants RFC 3339 in UTC. Lists come in parts: send "
    "next_cursor back as cursor. Look a thing's id up in a list before you use it. What needs confirm: true cannot be "
    "taken back: ask the person you act for first. Give what creates or charges an idempotency_key, so that a repeat "
    "does nothing twice. An error says what to mend; nothing was done then."
)


def mcp_server(container: Container, who_asks: WhoAsks) -> Server[Any]:
    """Return a server over a container; who asks, its transport knows."""
    desk = Desk(container, TOOLS)

    async def list_tools(context: Context, _: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        actor = await _asking(who_asks, context)
        return types.ListToolsResult(tools=[_listed(tool, actions) for tool, actions in desk.listed(actor)])

    async def call_tool(context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        actor = await _asking(who_asks, context)
        return _answered(await desk.call(params.name, params.arguments or {}, actor))

    return Server(
        "scaicontrol",
        version=version("scaicontrol"),
        title="ScaiControl",
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


async def _asking(who_asks: WhoAsks, context: Context) -> Actor:
    try:
        return await who_asks(context)
    except ScaiControlError as error:
        # Over HTTP nobody comes this far; over standard input a token may have expired since the start.
        raise _protocol_error(f"{error.message} {error.hint or ''}".strip()) from None


def _protocol_error(message: str) -> Exception:
    from mcp.shared.exceptions import MCPError  # noqa: PLC0415  # only where something is wrong

    return MCPError(_UNREAD, message)


def _listed(tool: Tool, actions: tuple[type[Action], ...]) -> types.Tool:
    hints = tool.hints(actions)
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.about,
        input_schema=input_schema(actions),
        output_schema=output_schema(actions),
        annotations=types.ToolAnnotations(
            title=tool.title,
            read_only_hint=hints.read_only,
            destructive_hint=hints.destructive,
            idempotent_hint=hints.idempotent,
            open_world_hint=hints.open_world,
        ),
    )


def _answered(outcome: Outcome) -> types.CallToolResult:
    # Who reads no structured content reads the same as text.
    told = [outcome.text] if outcome.failed else [outcome.text, msgspec.json.encode(outcome.content).decode()]
    content: list[Any] = [types.TextContent(type="text", text=text) for text in told]
    content += [
        types.EmbeddedResource(
            type="resource",
            resource=types.BlobResourceContents(
                uri=f"scaicontrol://files/{each.name}",
                mime_type=each.media_type,
                blob=base64.b64encode(each.content).decode(),
            ),
        )
        for each in outcome.attachments
    ]
    return types.CallToolResult(content=content, structured_content=outcome.content, is_error=outcome.failed)
