"""The envelope: what goes over the wire, as bytes that are made once and sent for ever after."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from attrs import frozen

from scaicontrol_core.kernel.clock import rfc3339

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Most bytes of a body; the standard advises fewer than 20 kB.
MOST_BODY_BYTES = 256 * 1024


@frozen
class AggregateRef:
    """What the event is about: its kind, id and version after the change.

    ``sequence`` counts the aggregate's public events from 1: whoever got a higher one has newer news.
    """

    type: str
    id: str
    version: int
    sequence: int

    @property
    def order_key(self) -> str:
        """Name the aggregate in one text: its events keep their order."""
        return f"{self.type}:{self.id}"


@frozen(kw_only=True)
class Envelope:
    """One public event. ``id`` is the webhook's id in every attempt and every replay; ``data`` the topic's payload."""

    id: str
    type: str
    timestamp: datetime
    idempotency_key: str
    partner_id: str | None
    tenant_id: str | None
    aggregate: AggregateRef
    data: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return it as receivers read it."""
        about = self.aggregate
        return {
            "id": self.id,
            "type": self.type,
            "timestamp": rfc3339(self.timestamp),
            "idempotency_key": self.idempotency_key,
            "partner_id": self.partner_id,
            "tenant_id": self.tenant_id,
            "aggregate": {
                "type": about.type,
                "id": about.id,
                "version": about.version,
                "sequence": about.sequence,
            },
            "data": dict(self.data),
        }

    def body(self) -> bytes:
        """Write it as the UTF-8 bytes that are sent.

        A payload that would make more than ``MOST_BODY_BYTES`` is left out, and ``data`` says so: the receiver
        learns what happened to what, and asks for the rest.
        """
        body = _bytes(self.to_dict())
        if len(body) <= MOST_BODY_BYTES:
            return body
        return _bytes(self.to_dict() | {"data": {"omitted": "payload_too_large", "bytes": len(body)}})


def _bytes(value: dict[str, Any]) -> bytes:
    # Lone surrogates can't be UTF-8, but JSON can escape them.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
