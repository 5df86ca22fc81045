"""The collector of traces: it takes what we would send, with the headers that we would send."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from scaicontrol_adapters.doctor.finding import Finding, ok, warning
from scaicontrol_core.kernel.secrets import SecretsUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scaicontrol_adapters.settings import Settings

_ENDPOINT, _HEADERS = "SCAICONTROL_OTLP_ENDPOINT", "SCAICONTROL_OTLP_HEADERS"
_SECONDS = 3.0
_DENIED, _UNKNOWN = {401, 403}, {404, 405}


async def look(settings: Settings) -> AsyncIterator[Finding]:
    """Look at the collector of the settings: whatever is wrong with it, no request fails for it."""
    if not settings.otlp_endpoint:
        yield ok("traces", "There are none: no endpoint is set.")
        return
    from scaicontrol_adapters.otlp.headers import headers_of  # noqa: PLC0415  # only who traces pays for it
    from scaicontrol_adapters.otlp.sending import TYPE, address_of  # noqa: PLC0415

    try:
        headers = {**await headers_of(settings), "Content-Type": TYPE}
        async with httpx.AsyncClient(timeout=_SECONDS, follow_redirects=False) as client:
            # An export of no spans: whoever speaks OTLP says yes to it.
            answer = await client.post(address_of(settings), content=b"", headers=headers)
    except SecretsUnavailable as error:
        yield warning("traces", error.message, error.hint or f"Mend {_HEADERS}_VAULT_PATH.")
        return
    except (httpx.HTTPError, OSError) as error:
        yield warning(
            "traces",
            f"The collector can't be reached: {type(error).__name__}.",
            f"Start it, or mend {_ENDPOINT}: port 4318 is usual for OTLP over HTTP.",
        )
        return
    yield _judged(answer.status_code)


def _judged(status: int) -> Finding:
    if status in _DENIED:
        return warning("traces", f"The collector refuses us: {status}.", f"Mend {_HEADERS}.")
    if status in _UNKNOWN:
        mend = f"Mend {_ENDPOINT}: spans are posted to /v1/traces below it."
        return warning("traces", f"Nobody takes traces at that address: {status}.", mend)
    if status >= 300:  # noqa: PLR2004  # redirects are not followed either
        return warning("traces", f"The collector answers {status}.", "Look into its log.")
    return ok("traces", "The collector takes traces.")
