"""The server on standard input and output, for an assistant on this machine. The command line loads it by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp.server.stdio import stdio_server

from scaicontrol_adapters.scaikey.trust import token_verifier
from scaicontrol_http.mcp.server import mcp_server

if TYPE_CHECKING:
    from mcp.server.context import ServerRequestContext

    from scaicontrol_adapters.container import Container
    from scaicontrol_core.access import Actor


async def serve(container: Container, operator: Actor, token: str | None = None) -> None:
    """Serve until the other end closes: as the operator of this machine, or as whom a token stands for.

    Raises ``Unauthenticated`` for a token that cannot be used; one that expires later is refused with each call.
    """
    verifier = token_verifier(container)
    if token:
        await verifier.actor(token)

    async def who_asks(_: ServerRequestContext[Any, Any]) -> Actor:
        actor = await verifier.actor(token) if token else operator
        return actor.with_request(container.ids.new("req"))

    server = mcp_server(container, who_asks)
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())
