"""How webhook subscriptions and deliveries are named and shown; of headers only the names, as everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scaicontrol_cli.output import Column, Json, columns
from scaicontrol_core.kernel.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scaicontrol_core.delivery.secret_keeping import IssuedSecret
    from scaicontrol_core.delivery.standing import WebhookStanding
    from scaicontrol_core.delivery.webhook_delivery import DeliveryStory, WebhookDelivery
    from scaicontrol_core.delivery.webhook_subscription import WebhookSubscription

WebhookArgument = Annotated[str, typer.Argument(help="The webhook subscription's id.", metavar="WEBHOOK")]
DeliveryArgument = Annotated[str, typer.Argument(help="The delivery's id.", metavar="DELIVERY")]
WEBHOOK_COLUMNS = columns(
    "id",
    "url",
    Column("topics", lambda row: ", ".join(row["topics"])),
    "status",
    "failures_in_row",
    "pending",
    "dead",
)
DELIVERY_COLUMNS = columns(
    "id", "webhook_id", "topic", "status", "attempts", "last_status", "last_error", "due_at", "created_at"
)
_TERMS = (
    "url", "topics", "description", "owner_email", "only_partner_id", "only_tenant_id",
    "max_in_flight", "ordered", "secret_overlap_hours",
)  # fmt: skip
_DELIVERY = (
    "id", "event_id", "topic", "idempotency_key", "sequence", "tenant_id", "status", "attempts", "due_at",
    "last_status", "last_error", "replay_of", "created_at", "finished_at",
)  # fmt: skip
_ATTEMPT = ("ordinal", "at", "latency_ms", "verdict", "status", "error", "answer", "next_due_at")


def webhook_json(it: WebhookSubscription) -> Json:
    """Return a subscription as JSON."""
    from scaicontrol_core.kernel.events import to_json

    own = ("status", "disabled_reason", "created_at", "updated_at", "version")
    return {
        "id": it.id,
        "partner_id": it.partner_id,
        **{name: to_json(getattr(it.terms, name)) for name in _TERMS},
        "header_names": list(it.header_names),
        "secrets": len(it.secrets),
        **{name: to_json(getattr(it, name)) for name in own},
    }


def standing_json(it: WebhookStanding) -> Json:
    """Return a subscription with how its receiver fares as JSON."""
    from scaicontrol_core.kernel.events import to_json

    health = it.health
    return {
        **webhook_json(it.subscription),
        "failures_in_row": health.failures_in_row,
        "failing_since": to_json(health.failing_since),
        "paused_until": to_json(health.open_until),
        "last_success_at": to_json(health.last_success_at),
        "last_failure_at": to_json(health.last_failure_at),
        "pending": it.pending,
        "dead": it.dead,
    }


def issued_json(it: IssuedSecret) -> Json:
    """Return a subscription with its new secret as JSON."""
    return {"webhook": webhook_json(it.subscription), "secret": it.secret}


def delivery_json(it: WebhookDelivery) -> Json:
    """Return a delivery as JSON."""
    from scaicontrol_core.kernel.events import to_json

    return {"webhook_id": it.subscription_id, **{name: to_json(getattr(it, name)) for name in _DELIVERY}}


def story_json(it: DeliveryStory) -> Json:
    """Return a delivery with its attempts and its body as JSON."""
    from scaicontrol_core.kernel.events import to_json

    attempts = [{name: to_json(getattr(each, name)) for name in _ATTEMPT} for each in it.attempts]
    return {"delivery": delivery_json(it.delivery), "attempts": attempts, "body": it.body.decode("utf-8", "replace")}


def headers_given(lines: Iterable[str]) -> dict[str, str]:
    """Read headers written as ``Name: value``; ``Invalid`` (``headers_invalid``) without repeating a value."""
    found: dict[str, str] = {}
    for place, line in enumerate(lines):
        name, colon, value = line.partition(":")
        if not colon or name.strip() in found:
            message = "Write each header once, as Name: value."
            raise Invalid.field(f"/headers/{place}", message, code="headers_invalid")
        found[name.strip()] = value.strip()
    return found
