"""Which store of secrets an installation has; and what must be had from it before anything can be built."""

# ruff: noqa: PLC0415  # only the store in use is loaded

from __future__ import annotations

import asyncio
import base64
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from attrs import evolve

from scaicontrol_adapters.secret_sources import source_of
from scaicontrol_adapters.setting_fields import VAULT_PATH

if TYPE_CHECKING:
    from collections.abc import Callable

    from scaicontrol_adapters.scaivault.tokens import TokenOrigin
    from scaicontrol_adapters.settings import Settings
    from scaicontrol_core.kernel.secrets import Secrets

#: Addresses with a password inside that connections are opened with once, at the start.
CONNECTIONS = ("database_url", "redis_url")


def secret_store(settings: Settings) -> Secrets:
    """Return ScaiVault if there is one, else the encrypted file below the environment. Nothing is asked yet."""
    if not settings.scaivault_url:
        from scaicontrol_adapters.local.environment_secrets import EnvironmentFirst
        from scaicontrol_adapters.local.secrets import FileSecrets

        return EnvironmentFirst(FileSecrets(settings.secrets_file, _key(settings)))
    from scaicontrol_adapters.scaivault.line import VaultLine
    from scaicontrol_adapters.scaivault.remembering import RememberedSecrets
    from scaicontrol_adapters.scaivault.secrets import VaultSecrets
    from scaicontrol_adapters.scaivault.tokens import LivingToken

    line = VaultLine(settings.scaivault_url, settings.scaivault_namespace)
    return RememberedSecrets(
        VaultSecrets(line, LivingToken(_token(settings), line), settings.scaivault_mount),
        seconds=settings.scaivault_cache_seconds,
        stale_seconds=settings.scaivault_stale_seconds,
    )


def connected(settings: Settings) -> Settings:
    """Return the settings with the addresses of database and Redis, asked for now where they lie in the store.

    They are the only secrets that are read at the start: pools are opened with them once, and who
    changes such a password restarts. Raises ``SecretsUnavailable``; without paths nobody is asked.
    """
    names = [name for name in CONNECTIONS if getattr(settings, name + VAULT_PATH)]
    if not names:
        return settings
    # In a thread of its own: whoever builds a container may be inside a running loop.
    with ThreadPoolExecutor(1) as other_thread:
        found = other_thread.submit(asyncio.run, _values(settings, names)).result()
    changes: dict[str, Any] = {**found, **{name + VAULT_PATH: "" for name in names}}
    return evolve(settings, **changes)


async def _values(settings: Settings, names: list[str]) -> dict[str, str]:
    store = secret_store(settings)
    try:
        return {name: await source_of(settings, store, name).get() for name in names}
    finally:
        close = getattr(store, "close", None)
        if close is not None:
            await close()


def _key(settings: Settings) -> Callable[[], bytes]:
    if settings.secrets_key:
        return partial(base64.b64decode, settings.secrets_key)
    from scaicontrol_adapters.local.secret_key import key_file

    # A new key would make what is there unreadable for ever.
    may_make = lambda: not settings.secrets_file.exists()  # noqa: E731  # one short question
    return partial(key_file, settings.secrets_key_file, strict=settings.is_production, may_make=may_make)


def _token(settings: Settings) -> TokenOrigin:
    from scaicontrol_adapters.scaivault.tokens import AppRole, GivenToken, TokenFile

    if settings.scaivault_role_id:
        return AppRole(settings.scaivault_role_id, settings.scaivault_secret_id_file)
    if settings.scaivault_token:
        return GivenToken(settings.scaivault_token)
    return TokenFile(settings.scaivault_token_file)
