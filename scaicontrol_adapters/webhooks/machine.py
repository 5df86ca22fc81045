"""Chance from the machine (port ``Randomness``), and the sender that is loaded when it is first needed."""

# ruff: noqa: PLC0415  # aiohttp costs start-up time; most commands send nothing

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from attrs import define, field

from scaicontrol_adapters.outgoing import OutgoingRules
from scaicontrol_adapters.webhooks.destinations import GuardedDestinations

if TYPE_CHECKING:
    from scaicontrol_adapters.container import Container
    from scaicontrol_adapters.settings import Settings
    from scaicontrol_adapters.webhooks.sender import AiohttpSender
    from scaicontrol_core.delivery.outcome import Answer
    from scaicontrol_core.delivery.parcel import Parcel


class SystemRandomness:
    """The operating system's own source."""

    def key(self, size: int) -> bytes:
        """Return so many bytes."""
        return secrets.token_bytes(size)

    def below(self, bound: int) -> int:
        """Return a number from 0 to ``bound`` - 1."""
        return secrets.randbelow(bound)


def outgoing_rules(settings: Settings) -> OutgoingRules:
    """Return where requests may go by the settings."""
    return OutgoingRules(allowed=settings.webhook_networks, allow_http=settings.webhook_allow_http)


@define(eq=False)
class ContainersDestinations:
    """Where webhooks may go by a container's settings."""

    container: Container

    async def require(self, url: str) -> None:
        """Raise ``WebhookUrlRefused``."""
        await GuardedDestinations(outgoing_rules(self.container.settings)).require(url)


@define(eq=False)
class ContainersSender:
    """The sender of a container's settings, secrets and clock."""

    container: Container
    _sender: AiohttpSender | None = field(default=None, init=False)

    async def post(self, parcel: Parcel) -> Answer:
        """Return what came of it."""
        if self._sender is None:
            from scaicontrol_adapters.webhooks.keys import SigningKeys
            from scaicontrol_adapters.webhooks.sender import AiohttpSender

            container = self.container
            self._sender = AiohttpSender(
                SigningKeys(container.secrets), container.clock, outgoing_rules(container.settings)
            )
        return await self._sender.post(parcel)

    async def close(self) -> None:
        """Close all connections."""
        if self._sender is not None:
            await self._sender.close()
            self._sender = None
