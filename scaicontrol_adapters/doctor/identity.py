"""The issuer of tokens: its keys can be fetched, its name is ours, and it tells what people may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_adapters.doctor.finding import Finding, ok, warning, wrong
from scaicontrol_adapters.scaikey.fetching import Unreachable, fetch_json
from scaicontrol_adapters.scaikey.keys import read_jwks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scaicontrol_adapters.settings import Settings

_DISCOVERY = "/.well-known/openid-configuration"
_SECONDS = 4.0


async def look(settings: Settings) -> AsyncIterator[Finding]:
    """Look at the issuer of the settings."""
    if settings.dev_issuer:
        yield ok("identity", "This installation issues tokens itself: for development alone.")
    if not settings.jwks_url:
        if not settings.dev_issuer:
            yield wrong("identity", "There is no issuer: nobody gets in.", "Set SCAICONTROL_SCAIKEY_URL.")
        return
    yield await _keys(settings.jwks_url)
    if settings.scaikey_url:
        yield await _discovery(settings)
    if settings.scaikey_me_url:
        yield await _me(settings.scaikey_me_url)


async def _keys(url: str) -> Finding:
    try:
        keys = read_jwks(await fetch_json(url, seconds=_SECONDS))
    except Unreachable as error:
        return wrong(
            "identity",
            f"The issuer's keys can't be fetched: {error}.",
            "Mend SCAICONTROL_JWKS_URL, or start the issuer.",
        )
    except ValueError as error:
        return wrong("identity", f"What is there are no keys: {error}.", "Mend SCAICONTROL_JWKS_URL.")
    if not keys:
        return wrong("identity", "None of the issuer's keys serves.", "Let it sign with RS256 or ES256.")
    return ok("identity", f"{len(keys)} keys of the issuer.")


async def _discovery(settings: Settings) -> Finding:
    try:
        said = await fetch_json(settings.scaikey_url + _DISCOVERY, seconds=_SECONDS)
    except (Unreachable, ValueError):
        return warning(
            "identity.issuer", "The issuer publishes no description of itself.", "Nothing, if tokens are taken."
        )
    issuer = said.get("issuer") if isinstance(said, dict) else None
    if issuer != settings.jwt_issuer:
        return wrong(
            "identity.issuer",
            f"It calls itself {str(issuer)[:100]!r}, and tokens must say {settings.jwt_issuer!r}.",
            "Mend SCAICONTROL_JWT_ISSUER.",
        )
    return ok("identity.issuer", f"It is {issuer}.")


async def _me(url: str) -> Finding:
    """Ask without a token: to be refused is the right answer."""
    try:
        await fetch_json(url, seconds=_SECONDS)
    except Unreachable as error:
        return warning(
            "identity.me",
            f"It does not tell what people may do by now: {error}. What stands in tokens holds.",
            "Mend SCAICONTROL_SCAIKEY_ME_URL; none: nobody is asked.",
        )
    except ValueError as error:
        if "401" in str(error) or "403" in str(error):
            return ok("identity.me", "It asks for a token before it tells what somebody may do.")
        return warning("identity.me", f"Without a token {error}.", "Mend SCAICONTROL_SCAIKEY_ME_URL.")
    return warning("identity.me", "It answers without a token.", "Mend SCAICONTROL_SCAIKEY_ME_URL.")
