"""The store of secrets: every path that a setting names holds a value. None of them is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import fields

from scaicontrol_adapters.doctor.finding import Finding, ok, wrong
from scaicontrol_adapters.secret_store import secret_store
from scaicontrol_adapters.settings import Settings, variable
from scaicontrol_core.kernel.errors import NotFound, ScaiControlError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

_PATH = "_vault_path"


async def look(settings: Settings) -> AsyncIterator[Finding]:
    """Look at the store, and at what settings expect there."""
    named = [each for each in fields(Settings) if each.name.endswith(_PATH) and getattr(settings, each.name)]
    if not named and not settings.scaivault_url:
        yield ok("secrets", "No setting names a path in a store of secrets.")
        return
    secrets = secret_store(settings)
    try:
        for each in named:
            path = getattr(settings, each.name)
            try:
                await secrets.get(path)
            except NotFound:
                yield wrong("secrets", f"There is nothing at {path}.", f"Put it there, or mend {variable(each)}.")
            except ScaiControlError as error:
                yield wrong("secrets", error.message, error.hint or "Mend the SCAICONTROL_SCAIVAULT_ settings.")
            else:
                yield ok("secrets", f"{path} is there.")
        if not named:
            ping: Callable[[], Awaitable[None]] | None = getattr(secrets, "ping", None)
            if ping is not None:  # a policy that suffices to read need not let us list
                await ping()
            yield ok("secrets", "The store answers.")
    finally:
        close: Callable[[], Awaitable[None]] | None = getattr(secrets, "close", None)
        if close is not None:
            await close()
