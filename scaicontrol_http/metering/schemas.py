"""Answers about usage, and how its bodies are described."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Self

from scaicontrol_core.kernel.events import to_json
from scaicontrol_core.kernel.quantity import plain
from scaicontrol_core.metering import Outcome
from scaicontrol_core.metering.outcome import Tally
from scaicontrol_core.metering.reading import MAX_KEY_LENGTH
from scaicontrol_core.metering.usage_series import MetricUsage
from scaicontrol_core.metering.use_cases.ingest_usage import MAX_BATCH
from scaicontrol_http.metering.reading import CLOUD_BATCH, CLOUD_EVENT, JSON, LINES
from scaicontrol_http.requests import Answer


class EventOutcomeAnswer(Answer):
    """What became of one event: ``accepted``, ``duplicate``, or ``rejected`` with its ``reason``."""

    idempotency_key: str | None
    outcome: str
    reason: str | None
    detail: str | None

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        """Show one."""
        return cls(
            idempotency_key=outcome.idempotency_key,
            outcome=outcome.status.value,
            reason=None if outcome.reason is None else outcome.reason.value,
            detail=outcome.detail,
        )


class UsageAnswer(Answer):
    """How many events had which outcome, and the outcome of each, in the order of the batch."""

    accepted: int
    duplicates: int
    rejected: int
    events: list[EventOutcomeAnswer]

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> Self:
        """Show a batch's."""
        tally = Tally.of(outcomes)
        return cls(
            accepted=tally.accepted,
            duplicates=tally.duplicates,
            rejected=sum(tally.rejected.values()),
            events=[EventOutcomeAnswer.of(each) for each in outcomes],
        )


class UsagePointAnswer(Answer):
    """What a metric came to in an hour (an instant), on a day, or in a month (its first day)."""

    at: str
    quantity: str


class ReachedAnswer(Answer):
    """A percentage of the quota that was reached in the period that runs, and when that was seen."""

    percent: int
    at: str


class MetricUsageAnswer(Answer):
    """One metric of one subscription; ``quota`` and ``remaining`` null are unlimited. Quantities are exact decimals."""

    subscription_id: str
    service: str
    plan_key: str
    metric: str
    unit: str | None
    aggregation: str
    period_start: date
    period_end: date | None
    quota: int | None
    used: str
    remaining: str | None
    projected: str
    reached: list[ReachedAnswer]
    points: list[UsagePointAnswer]

    @classmethod
    def of(cls, usage: MetricUsage) -> Self:
        """Show one."""
        return cls(
            subscription_id=usage.subscription_id,
            service=usage.service,
            plan_key=usage.plan_key,
            metric=usage.metric,
            unit=usage.unit,
            aggregation=usage.aggregation.value,
            period_start=usage.period_start,
            period_end=usage.period_end,
            quota=usage.quota,
            used=plain(usage.used),
            remaining=None if usage.remaining is None else plain(usage.remaining),
            projected=plain(usage.projected),
            reached=[ReachedAnswer(percent=each.percent, at=to_json(each.at)) for each in usage.reached],
            points=[UsagePointAnswer(at=to_json(each.at), quantity=plain(each.quantity)) for each in usage.points],
        )


_EVENT: dict[str, Any] = {
    "type": "object",
    "title": "UsageEvent",
    "required": ["idempotency_key", "tenant_id", "metric", "quantity", "occurred_at"],
    "additionalProperties": False,
    "properties": {
        "idempotency_key": {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH},
        "tenant_id": {"type": "string"},
        "metric": {"type": "string", "description": "The metric's slug in the catalogue."},
        "quantity": {
            "type": ["string", "number"],
            "description": "An exact decimal of at most 9 decimals; negative only for a correction.",
        },
        "occurred_at": {"type": "string", "format": "date-time", "description": "With its offset."},
        "service": {"type": ["string", "null"], "description": "The service's slug; a service's token needs none."},
        "subscription_id": {"type": ["string", "null"], "description": "Needed only if the tenant has several."},
        "properties": {"type": ["object", "null"]},
        "correction": {"type": "boolean", "default": False},
    },
}
_EXAMPLE = {
    "idempotency_key": "req-8f14e45f",
    "tenant_id": "tnt_01KA1B2C3D4E5F6G7H8J9K0M1N",
    "metric": "api_calls",
    "quantity": "50",
    "occurred_at": "2026-01-15T22:42:39-05:00",
}
_CLOUD_EVENT: dict[str, Any] = {
    "type": "object",
    "title": "CloudEvent",
    "description": "`id` and `source` are the key, `subject` the tenant, `type` the metric, `time` the instant;"
    " `data` may have `quantity` (or `value`; else 1), `correction`, `subscription_id`, and properties.",
    "required": ["specversion", "id", "source", "type", "subject", "time"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string"},
        "source": {"type": "string"},
        "type": {"type": "string"},
        "subject": {"type": "string"},
        "time": {"type": "string", "format": "date-time"},
        "data": {"type": ["object", "null"]},
    },
}
_CLOUD_EXAMPLE = {
    "specversion": "1.0",
    "id": "8f14e45f",
    "source": "/gateways/7",
    "type": "api_calls",
    "subject": "tnt_01KA1B2C3D4E5F6G7H8J9K0M1N",
    "time": "2026-01-15T22:42:39-05:00",
    "data": {"value": "50", "path": "/v1/users"},
}


def _many(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "maxItems": MAX_BATCH, "items": schema}


#: The body as OpenAPI describes it: no one type of Python's is all of these.
USAGE_BODY: dict[str, Any] = {
    "required": True,
    "description": f"One event or up to {MAX_BATCH:,}; `Content-Encoding: gzip` is understood.",
    "content": {
        JSON: {
            "schema": {"oneOf": [_EVENT, _many(_EVENT)]},
            "examples": {"one": {"value": _EXAMPLE}, "batch": {"value": [_EXAMPLE]}},
        },
        LINES: {"schema": {"type": "string", "description": "One event a line."}},
        CLOUD_EVENT: {"schema": _CLOUD_EVENT, "examples": {"one": {"value": _CLOUD_EXAMPLE}}},
        CLOUD_BATCH: {"schema": _many(_CLOUD_EVENT), "examples": {"batch": {"value": [_CLOUD_EXAMPLE]}}},
    },
}
