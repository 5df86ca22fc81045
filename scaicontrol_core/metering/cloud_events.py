"""CloudEvents 1.0 as usage: what a client of another metering product sends already.

``id`` and ``source`` are the key, ``subject`` the tenant, ``type`` (its last part, if it has
dots) the metric, ``time`` the instant; ``data`` may hold ``quantity`` (or ``value``; 1 if it
holds neither), ``correction`` and ``subscription_id``, and all else in it are properties.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scaicontrol_core.metering.outcome import Outcome, Reason, rejected
from scaicontrol_core.metering.reading import read_report
from scaicontrol_core.metering.usage_event import ReportedUsage

_OWN = ("quantity", "value", "correction", "subscription_id")
_VERSION = "1.0"


def is_cloud_event(raw: object) -> bool:
    """Tell a CloudEvent from an event of our own form."""
    return isinstance(raw, Mapping) and "specversion" in raw


def read_cloud_event(raw: object) -> ReportedUsage | Outcome:
    """Read one CloudEvent; extension attributes are ignored, as the standard asks."""
    if not isinstance(raw, Mapping) or raw.get("specversion") != _VERSION:
        return rejected(None, Reason.MALFORMED)
    identity, source, kind = raw.get("id"), raw.get("source"), raw.get("type")
    if not (isinstance(identity, str) and identity and isinstance(source, str) and source and isinstance(kind, str)):
        return rejected(None, Reason.MALFORMED)
    payload = raw.get("data")
    if payload is None:
        payload = {}
    # A source is a URI and has no blanks: the first one parts it from the id.
    key = f"{source} {identity}"
    if not isinstance(payload, Mapping):
        return rejected(key, Reason.MALFORMED)
    return read_report(_ours(raw, key, kind, payload))


def _ours(raw: Mapping[str, Any], key: str, kind: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "idempotency_key": key,
        "tenant_id": raw.get("subject"),
        "metric": kind.rpartition(".")[2],
        "occurred_at": raw.get("time"),
        "quantity": payload.get("quantity", payload.get("value", 1)),
        "correction": payload.get("correction", False),
        "subscription_id": payload.get("subscription_id"),
        "properties": {name: value for name, value in payload.items() if name not in _OWN},
    }
