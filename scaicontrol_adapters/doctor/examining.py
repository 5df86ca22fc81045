"""All checks at once, each with its own time limit: one that hangs or breaks never stops the others."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from attrs import evolve, fields

from scaicontrol_adapters.doctor import (
    database,
    identity,
    machine,
    mail,
    objects,
    redis,
    rendering,
    traces,
    vat_register,
    vault,
)
from scaicontrol_adapters.doctor.finding import Finding, Look, wrong
from scaicontrol_adapters.secret_store import connected
from scaicontrol_adapters.settings import Settings
from scaicontrol_core.kernel.errors import ScaiControlError

if TYPE_CHECKING:
    from collections.abc import Mapping

SECONDS = 10.0
#: By name, in the order of the report.
CHECKS: Mapping[str, Look] = {
    "machine": machine.look,
    "database": database.look,
    "cache": redis.look,
    "objects": objects.look,
    "mail": mail.look,
    "identity": identity.look,
    "vat_register": vat_register.look,
    "secrets": vault.look,
    "rendering": rendering.look,
    "traces": traces.look,
}
_HIDDEN = "…"
_SHORTEST_SECRET = 4


async def examine(
    settings: Settings, *, checks: Mapping[str, Look] = CHECKS, seconds: float = SECONDS
) -> tuple[Finding, ...]:
    """Return everything the checks find, in their order; none of it holds a secret of the settings."""
    settings = await _connected(settings)
    found = await asyncio.gather(*(_looked(name, look, settings, seconds) for name, look in checks.items()))
    secrets = secrets_of(settings)
    return tuple(_hidden(each, secrets) for part in found for each in part)


async def _connected(settings: Settings) -> Settings:
    """Ask the store of secrets for addresses that lie there; if it has none, its own check says so."""
    try:
        return await asyncio.to_thread(connected, settings)
    except ScaiControlError:
        return settings


async def _looked(name: str, look: Look, settings: Settings, seconds: float) -> list[Finding]:
    found: list[Finding] = []
    try:
        async with asyncio.timeout(seconds):
            async for each in look(settings):
                found.append(each)  # noqa: PERF401  # what is found before it hangs is kept
    except TimeoutError:
        found.append(
            wrong(
                name,
                f"No answer within {seconds:g} seconds.",
                "See whether it is up, and whether a firewall is between.",
            )
        )
    except Exception as error:  # noqa: BLE001  # whatever it is, the others are looked at too
        found.append(wrong(name, f"The check broke: {reason(error)}.", "Look into the log of that server."))
    return found


def reason(error: BaseException) -> str:
    """Return what an error says, in one line, of the innermost one that says something."""
    inner: BaseException | None = error
    while inner is not None and (inner.__cause__ or inner.__context__) is not None:
        inner = inner.__cause__ or inner.__context__
    text = " ".join(str(inner or error).split())[:200].rstrip(".")
    return f"{type(inner or error).__name__}: {text}" if text else type(error).__name__


def secrets_of(settings: Settings) -> frozenset[str]:
    """Return what must not be shown: each secret, and the password within an address that holds one."""
    found: set[str] = set()
    for attribute in fields(Settings):
        value = getattr(settings, attribute.name)
        if attribute.metadata.get("secret") and isinstance(value, str) and value:
            password = urlsplit(value).password
            found.add(value if "://" not in value else password or "")
    return frozenset(each for each in found if len(each) >= _SHORTEST_SECRET)


def _hidden(finding: Finding, secrets: frozenset[str]) -> Finding:
    def clean(text: str) -> str:
        for secret in secrets:
            text = text.replace(secret, _HIDDEN)
        return text

    return evolve(finding, says=clean(finding.says), mend=None if finding.mend is None else clean(finding.mend))
