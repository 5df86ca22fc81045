"""The headers that a collector wants to see, a secret like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_adapters.secret_sources import source_of
from scaicontrol_adapters.secret_store import secret_store
from scaicontrol_adapters.setting_fields import VAULT_PATH
from scaicontrol_adapters.setting_values import header_pairs

if TYPE_CHECKING:
    from scaicontrol_adapters.settings import Settings


async def headers_of(settings: Settings) -> dict[str, str]:
    """Return them, asked for now where they lie in the store of secrets; raises ``SecretsUnavailable``."""
    if not getattr(settings, "otlp_headers" + VAULT_PATH):
        return header_pairs(settings.otlp_headers)
    # A store of its own: this runs in a thread of its own, whose loop ends with it.
    store = secret_store(settings)
    try:
        return header_pairs(await source_of(settings, store, "otlp_headers").get())
    finally:
        close = getattr(store, "close", None)
        if close is not None:
            await close()
