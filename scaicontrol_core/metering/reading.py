"""Reading a report: what a sender wrote becomes a ``ReportedUsage``, or is refused for a reason.

JSON in, with decimals as ``Decimal``: no float ever comes near a quantity.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from scaicontrol_core.kernel.checks import json_object
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.ids import SubscriptionId
from scaicontrol_core.kernel.quantity import parse_decimal, plain
from scaicontrol_core.metering.outcome import Outcome, Reason, rejected
from scaicontrol_core.metering.usage_event import ReportedUsage

MAX_KEY_LENGTH = 200
MAX_PROPERTIES_LENGTH = 4096
_MAX_NAME_LENGTH = 200
FIELDS = frozenset(
    {
        "idempotency_key",
        "tenant_id",
        "metric",
        "quantity",
        "occurred_at",
        "service",
        "subscription_id",
        "properties",
        "correction",
    }
)


class Unreadable(Exception):
    """A report that does not count whatever we know; ``reason`` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def read_report(raw: object, tenant_field: str = "tenant_id") -> ReportedUsage | Outcome:
    """Read one event; ``tenant_field`` is where it names its tenant."""
    if not isinstance(raw, Mapping):
        return rejected(None, Reason.MALFORMED)
    key = raw.get("idempotency_key")
    try:
        return _read(raw, tenant_field)
    except Unreadable as fault:
        return rejected(key if is_key(key) else None, fault.reason)


def is_key(value: object) -> bool:
    """Tell whether something can be an idempotency key."""
    return isinstance(value, str) and 0 < len(value) <= MAX_KEY_LENGTH and value.isprintable()


def _read(raw: Mapping[str, Any], tenant_field: str) -> ReportedUsage:
    if not is_key(raw.get("idempotency_key")):
        raise Unreadable(Reason.KEY_INVALID)
    if not raw.keys() <= FIELDS and not raw.keys() - {tenant_field} <= FIELDS:
        raise Unreadable(Reason.MALFORMED)
    correction = raw.get("correction", False)
    if not isinstance(correction, bool):
        raise Unreadable(Reason.MALFORMED)
    subscription_id = name_of(raw.get("subscription_id"))
    return ReportedUsage(
        idempotency_key=raw["idempotency_key"],
        tenant=required(raw.get(tenant_field)),
        metric=required(raw.get("metric")),
        quantity=quantity_of(raw.get("quantity"), correction=correction),
        occurred_at=instant_of(raw.get("occurred_at")),
        service=name_of(raw.get("service")),
        subscription_id=None if subscription_id is None else SubscriptionId(subscription_id),
        properties=properties_of(raw.get("properties")),
        correction=correction,
    )


def name_of(value: object) -> str | None:
    """Return a name or None; raises ``Unreadable`` (``malformed``) for what is no name."""
    return None if value is None else required(value)


def required(value: object) -> str:
    """Return a name, or raise ``Unreadable`` (``malformed``)."""
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_NAME_LENGTH or not value.isprintable():
        raise Unreadable(Reason.MALFORMED)
    return value


def quantity_of(value: object, *, correction: bool) -> Decimal:
    """Return the exact quantity; negative only for a correction."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise Unreadable(Reason.QUANTITY_INVALID)
    try:
        quantity = parse_decimal(value, "/quantity")
    except Invalid:
        raise Unreadable(Reason.QUANTITY_INVALID) from None
    if not quantity:
        return Decimal(0)  # whatever its exponent: 0E+999999999 is a zero too
    if quantity < 0 and not correction:
        raise Unreadable(Reason.NEGATIVE_QUANTITY)
    return quantity


def instant_of(value: object) -> datetime:
    """Return an RFC 3339 instant in UTC; a time that does not say its offset is none."""
    if not isinstance(value, str):
        raise Unreadable(Reason.TIME_INVALID)
    try:
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is None:
            raise Unreadable(Reason.TIME_INVALID)
        return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unreadable(Reason.TIME_INVALID) from None


def properties_of(value: object) -> dict[str, Any]:
    """Return the properties, numbers with decimals as text."""
    if value is None or value == {}:
        return {}
    try:
        properties = json_object(_exact(value), "/properties")
        text = json.dumps(properties, ensure_ascii=False)
        text.encode()  # lone surrogates, which JSON can smuggle in, are no text
    except (Invalid, UnicodeEncodeError, RecursionError):
        raise Unreadable(Reason.PROPERTIES_INVALID) from None
    if len(text) > MAX_PROPERTIES_LENGTH:
        raise Unreadable(Reason.PROPERTIES_INVALID)
    return properties


def _exact(value: Any) -> Any:
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, Mapping):
        return {key: _exact(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_exact(item) for item in value]
    return value


def _number(value: Decimal) -> str:
    """Write a number of a property as text; one too long to write out keeps its exponent."""
    return plain(value) if value.is_finite() and -_LONG < int(value.as_tuple().exponent) < _LONG else str(value)


_LONG = 64
