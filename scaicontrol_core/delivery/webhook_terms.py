"""Terms of a webhook subscription: where to, what about, how. All that an editor may change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from attrs import evolve, field, fields, frozen

from scaicontrol_core.delivery.topic_patterns import MOST_PATTERNS, topic_pattern
from scaicontrol_core.kernel import checks
from scaicontrol_core.kernel.editing import UNSET, Unset
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.kernel.party import require_email

MOST_IN_FLIGHT, USUAL_IN_FLIGHT = 100, 10
USUAL_OVERLAP_HOURS, MOST_OVERLAP_HOURS = 24, 24 * 30
_MOST_URL, _MOST_HEADERS, _MOST_HEADER = 2048, 20, 1024
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")
_HEADER_VALUE = re.compile(r"[\x20-\x7e]+")
_MOST_PORT = 65_535
_URL = re.compile(
    r"(?P<origin>https?://(?P<host>\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z_.-]+)(:(?P<port>[0-9]{1,5}))?)([/?][\x21-\x5b\x5d-\x7e]*)?"
)
#: Headers that are ours, or that would change what the message is or where it ends.
_OURS = frozenset(
    """accept accept-encoding connection content-encoding content-length content-type cookie date expect host
    http2-settings keep-alive proxy-authorization proxy-connection te trailer transfer-encoding upgrade user-agent
    via forwarded x-forwarded-for x-forwarded-host x-forwarded-proto x-real-ip""".split()
)
_OUR_PREFIXES = ("webhook-", "x-scaicontrol-")


def _url(value: Any, pointer: str) -> str:
    """Return an absolute http(s) address without user, password and fragment; ``Invalid`` (``url_invalid``).

    Narrower than RFC 3986 on purpose: whatever two parsers could read differently is refused.
    """
    if not isinstance(value, str) or len(value) > _MOST_URL:
        raise Invalid.field(pointer, f"This is not a URL of at most {_MOST_URL} characters.", code="url_invalid")
    if "#" in value:
        raise Invalid.field(pointer, "A fragment never reaches a server; leave it out.", code="url_invalid")
    found = _URL.fullmatch(value)
    if found is None or not 0 < int(found["port"] or "1") <= _MOST_PORT:
        raise Invalid.field(
            pointer,
            "This is not an address such as https://hooks.example.com/scai.",
            code="url_invalid",
            hint="Write other letters as in DNS (xn--…); an extra header may carry a user and a password.",
        )
    return value


def _headers(value: Any, pointer: str) -> dict[str, str]:
    if not isinstance(value, Mapping) or len(value) > _MOST_HEADERS:
        raise Invalid.field(pointer, f"At most {_MOST_HEADERS} headers, by name.", code="headers_invalid")
    findings = checks.Findings()
    seen: set[str] = set()
    for name, text in value.items():
        wrong = _wrong_header(name, text, seen)
        if wrong:
            findings.note(f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}", wrong, "headers_invalid")
        seen.add(str(name).lower())
    findings.raise_if_any()
    return dict(value)


def _wrong_header(name: Any, text: Any, seen: set[str]) -> str | None:
    """Say what is wrong; never repeat the value, for it may be a token."""
    if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
        return "This is no name of a header."
    if name.lower() in _OURS or name.lower().startswith(_OUR_PREFIXES):
        return "This header is set by the sender."
    if name.lower() in seen:
        return "This header stands here twice."
    if not isinstance(text, str) or len(text) > _MOST_HEADER or not _HEADER_VALUE.fullmatch(text):
        return f"A header's value is 1 to {_MOST_HEADER} printable characters of ASCII."
    return None


def _patterns(value: Any, pointer: str) -> tuple[str, ...]:
    found: tuple[str, ...] = checks.distinct(topic_pattern)(value, pointer)
    if not 1 <= len(found) <= MOST_PATTERNS:
        raise Invalid.field(pointer, f"Name one to {MOST_PATTERNS} topics.", code="topics_invalid")
    return found


_CHECKS: dict[str, checks.Check] = {
    "url": _url,
    "topics": _patterns,
    "description": checks.maybe_text(500),
    "owner_email": checks.maybe(checks.worded(require_email)),
    "only_partner_id": checks.maybe_text(36),
    "only_tenant_id": checks.maybe_text(36),
    "headers": _headers,
    "max_in_flight": checks.whole(1, MOST_IN_FLIGHT),
    "ordered": checks.flag,
    "secret_overlap_hours": checks.whole(0, MOST_OVERLAP_HOURS),
}


@frozen(kw_only=True)
class WebhookTerms:
    """What a subscription is asked to do.

    ``topics`` are patterns: ``invoice.paid.v1``, ``invoice.*``, ``*``. ``only_partner_id`` and ``only_tenant_id``
    narrow what it gets. ``headers`` go with each request, unsigned; their values may be secret. ``ordered``: an
    event waits while an older one of the same aggregate is tried for the first times. ``secret_overlap_hours``:
    how long the old secret stays valid beside a new one.
    """

    url: str
    topics: tuple[str, ...]
    description: str | None = None
    owner_email: str | None = None
    only_partner_id: PartnerId | None = None
    only_tenant_id: TenantId | None = None
    headers: Mapping[str, str] = field(factory=dict, repr=False)
    max_in_flight: int = USUAL_IN_FLIGHT
    ordered: bool = True
    secret_overlap_hours: int = USUAL_OVERLAP_HOURS

    def __attrs_post_init__(self) -> None:
        """Clean every field and refuse what is wrong, all fields at once."""
        checks.check_fields(self, _CHECKS)

    @property
    def host(self) -> str:
        """The name of the receiver."""
        return _part(self.url, "host")

    def amended(self, changes: WebhookChanges) -> WebhookTerms:
        """Return the terms with what the changes name."""
        given = {each.name: getattr(changes, each.name) for each in fields(WebhookChanges)}
        return evolve(self, **{name: value for name, value in given.items() if value is not UNSET})

    def for_audit(self) -> dict[str, Any]:
        """Return the terms as the audit log may show them: a URL and a header's value may hold a token."""
        shown: dict[str, Any] = {name: getattr(self, name) for name in _CHECKS}
        return shown | {
            "topics": list(self.topics),
            "url": f"{_part(self.url, 'origin')}/… {_digest(self.url)}",
            "headers": {name: _digest(value) for name, value in self.headers.items()},
        }


@frozen(kw_only=True)
class WebhookChanges:
    """A partial change of the terms; what it does not name stays as it is."""

    url: str | Unset = UNSET
    topics: tuple[str, ...] | Unset = UNSET
    description: str | Unset | None = UNSET
    owner_email: str | Unset | None = UNSET
    only_partner_id: PartnerId | Unset | None = UNSET
    only_tenant_id: TenantId | Unset | None = UNSET
    headers: Mapping[str, str] | Unset = UNSET
    max_in_flight: int | Unset = UNSET
    ordered: bool | Unset = UNSET
    secret_overlap_hours: int | Unset = UNSET


def _digest(text: str) -> str:
    return f"({sha256(text.encode()).hexdigest()[:8]})"


def _part(url: str, name: str) -> str:
    found = _URL.fullmatch(url)
    return found[name] if found else ""
