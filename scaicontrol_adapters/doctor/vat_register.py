"""VIES, the register of VAT numbers: somebody answers there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from scaicontrol_adapters.doctor.finding import Finding, ok, warning

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scaicontrol_adapters.settings import Settings

_STATUS = "/check-status"
_MEND = "Nothing: numbers are asked again by themselves. If it lasts, see whether a firewall is between."


async def look(settings: Settings) -> AsyncIterator[Finding]:
    """Look at the register of the settings."""
    if not settings.vies_url:
        yield ok("vat_register", "None is asked.")
        return
    try:
        async with httpx.AsyncClient(timeout=settings.vies_timeout_seconds) as client:
            answer = await client.get(settings.vies_url + _STATUS)
    except httpx.HTTPError as error:
        yield warning("vat_register", f"VIES can't be reached: {type(error).__name__}.", _MEND)
        return
    if answer.is_server_error:
        yield warning("vat_register", f"VIES answers {answer.status_code}.", _MEND)
    else:
        yield ok("vat_register", "VIES answers.")
