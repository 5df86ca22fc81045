"""Where webhooks may be sent to (port ``Destinations``)."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from attrs import frozen

from scaicontrol_adapters.outgoing import AddressRefused, Lookup, OutgoingRules, addresses_of, look_up
from scaicontrol_core.delivery.errors import WebhookUrlRefused

_PATIENCE_SECONDS = 3.0
_PORTS = {"https": 443, "http": 80}


@frozen
class GuardedDestinations:
    """Refuses addresses by the rules at once, instead of with every attempt; the sender looks again each time."""

    rules: OutgoingRules
    lookup: Lookup = look_up

    async def require(self, url: str) -> None:
        """Raise ``WebhookUrlRefused``; a name that leads nowhere today, or answers late, is let pass."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
        except ValueError:
            return  # the terms say what is wrong with it
        if parts.scheme != "https" and not self.rules.allow_http:
            raise WebhookUrlRefused.because("Webhooks go to https:// alone.")
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await addresses_of(host, port, self.rules, self.lookup)
        except AddressRefused:
            raise WebhookUrlRefused.because(
                "Nothing is sent to this address: it is private, or reserved.",
                hint="The operator can allow a network with SCAICONTROL_WEBHOOK_ALLOWED_NETWORKS.",
            ) from None
        except (OSError, UnicodeError):  # a timeout is an OSError too
            return
