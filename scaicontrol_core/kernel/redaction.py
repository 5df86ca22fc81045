"""What is never written down: secrets, wherever they stand in what is told.

The one place that knows what a secret looks like: by the name that it stands under, or by
its own shape in a free text. Personal data is no secret, and neither is a bank account: that
a seller's account was changed, from what to what, is just what a log is read for.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

REDACTED = "[redacted]"

#: Names whose values are secrets, in any case and with any separator. Tokens, many, are what language models are
#: metered by; a secret is one.
_NAMES = re.compile(
    r"secret|passw(?:or)?d|passphrase|passcode|token(?!s)|authorization|cookie|credential"
    r"|(?:api|access|private|signing|encryption|master|shared|sealing)[_\-. ]?key",
    re.IGNORECASE,
)
#: Where a scheme of authorization says that what follows is one; a word of a sentence has no digits in it.
_SCHEMES = re.compile(r"\b(bearer|basic)(\s+)(?=[A-Za-z._~+/=-]*\d)[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE)
_USER_IN_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)[^\s/@?#]+@")
_IN_QUERY = re.compile(
    r"([?&;#](?:[A-Za-z0-9_\-.]*(?:secret|passw(?:or)?d|token|signature|credential|api[_-]?key|access[_-]?key)|sig|code)=)"
    r"[^\s&;#\"'<>]+",
    re.IGNORECASE,
)
_SAID = re.compile(
    r"(\b(?:password|passwd|passphrase|secret|api[_ -]?key|access[_ -]?token|authorization)\b\s*[:=]\s*)"
    r"(?:\"[^\"]*\"|'[^']*'|(?:(?:bearer|basic)\s+)?[^\s,;]+)",
    re.IGNORECASE,
)
_SHAPES = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)*"  # a JSON web token, signed or sealed
    r"|\b(?:whsec|whsk|whpk)_[A-Za-z0-9+/=_-]{8,}"  # webhooks
    r"|\b(?:sk|rk|pk|ek)_(?:live|test)_[A-Za-z0-9]{8,}|\b(?:live|test)_[A-Za-z0-9]{24,}"  # payment providers
    r"|\bhv[sbr]\.[A-Za-z0-9_-]{16,}"  # vaults
    r"|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{20,}\b|\bxox[abprs]-[A-Za-z0-9-]{10,}",
    re.DOTALL,
)


def redact(value: Any) -> Any:  # JSON in, JSON out
    """Return JSON without its secrets: the values of names that speak of one, and what looks like one in any text."""
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, dict):
        return {_shown(str(key)): REDACTED if names_a_secret(str(key)) else redact(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redact(item) for item in value]
    return value


@lru_cache(maxsize=4096)
def _shown(name: str) -> str:
    return redact_text(name)


@lru_cache(maxsize=4096)
def names_a_secret(name: str) -> bool:
    """Tell whether the value under such a name is one."""
    return _NAMES.search(name) is not None


def redact_text(text: str) -> str:
    """Return a text without what looks like a secret in it; what surrounds it stays."""
    if not _may_hold_one(text):
        return text
    text = _SHAPES.sub(REDACTED, text)
    text = _USER_IN_URL.sub(rf"\g<1>{REDACTED}@", text)
    text = _IN_QUERY.sub(rf"\g<1>{REDACTED}", text)
    text = _SAID.sub(rf"\g<1>{REDACTED}", text)
    return _SCHEMES.sub(rf"\g<1>\g<2>{REDACTED}", text)


def _may_hold_one(text: str) -> bool:
    """Tell most texts, which hold none, from the others, at the price of a few looks: entries are written in bulk."""
    return (
        "=" in text
        or "eyJ" in text
        or "live_" in text
        or "test_" in text
        or "wh" in text
        or "hv" in text
        or "gh" in text
        or "://" in text
        or "AKIA" in text
        or "xox" in text
        or "-----BEGIN" in text
        or (":" in text and _SAID.search(text) is not None)
        or (" " in text and _SCHEMES.search(text) is not None)
    )
