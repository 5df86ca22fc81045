"""How webhook subscriptions, deliveries, topics and events are shown. A secret is told once, when it is made."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import structs

from scaicontrol_core.delivery.feed import EventFeed
from scaicontrol_core.delivery.replaying import ReplayReport
from scaicontrol_core.delivery.secret_keeping import IssuedSecret
from scaicontrol_core.delivery.standing import WebhookStanding
from scaicontrol_core.delivery.use_cases.list_topics import TopicEntry
from scaicontrol_core.delivery.webhook_delivery import DeliveryStory, WebhookDelivery
from scaicontrol_core.delivery.webhook_subscription import WebhookSubscription
from scaicontrol_http.requests import Answer


class WebhookAnswer(Answer):
    """Who is told what, and where; of extra headers only the names, of secrets only how many are in force."""

    id: str
    partner_id: str | None
    url: str
    topics: list[str]
    description: str | None
    owner_email: str | None
    only_partner_id: str | None
    only_tenant_id: str | None
    header_names: list[str]
    max_in_flight: int
    ordered: bool
    secret_overlap_hours: int
    secrets: int
    status: str
    disabled_reason: str | None
    created_at: datetime
    updated_at: datetime
    version: int

    @classmethod
    def of(cls, it: WebhookSubscription) -> WebhookAnswer:
        """Show a subscriber."""
        terms = it.terms
        return cls(
            id=it.id,
            partner_id=it.partner_id,
            url=terms.url,
            topics=list(terms.topics),
            description=terms.description,
            owner_email=terms.owner_email,
            only_partner_id=terms.only_partner_id,
            only_tenant_id=terms.only_tenant_id,
            header_names=list(it.header_names),
            max_in_flight=terms.max_in_flight,
            ordered=terms.ordered,
            secret_overlap_hours=terms.secret_overlap_hours,
            secrets=len(it.secrets),
            status=it.status.value,
            disabled_reason=it.disabled_reason.value if it.disabled_reason else None,
            created_at=it.created_at,
            updated_at=it.updated_at,
            version=it.version,
        )


class WebhookStandingAnswer(WebhookAnswer, kw_only=True):
    """A subscriber, how its receiver fares, and what waits for it or was given up."""

    failures_in_row: int
    failing_since: datetime | None
    paused_until: datetime | None
    last_success_at: datetime | None
    last_failure_at: datetime | None
    pending: int
    dead: int

    @classmethod
    def of(cls, it: WebhookStanding) -> WebhookStandingAnswer:  # type: ignore[override]  # of more than the base shows
        """Show a subscriber with its standing."""
        return cls(
            **structs.asdict(WebhookAnswer.of(it.subscription)),
            failures_in_row=it.health.failures_in_row,
            failing_since=it.health.failing_since,
            paused_until=it.health.open_until,
            last_success_at=it.health.last_success_at,
            last_failure_at=it.health.last_failure_at,
            pending=it.pending,
            dead=it.dead,
        )


class IssuedSecretAnswer(Answer):
    """A subscriber, and the secret its deliveries are signed with: told now and never again."""

    webhook: WebhookAnswer
    secret: str | None

    @classmethod
    def of(cls, it: IssuedSecret) -> IssuedSecretAnswer:
        """Show a new secret."""
        return cls(webhook=WebhookAnswer.of(it.subscription), secret=it.secret)


class DeliveryAnswer(Answer):
    """One event on its way to one subscriber."""

    id: str
    webhook_id: str
    event_id: str
    topic: str
    idempotency_key: str
    sequence: int
    tenant_id: str | None
    status: str
    attempts: int
    due_at: datetime
    last_status: int | None
    last_error: str | None
    replay_of: str | None
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, it: WebhookDelivery) -> DeliveryAnswer:
        """Show a delivery."""
        return cls(
            id=it.id,
            webhook_id=it.subscription_id,
            event_id=it.event_id,
            topic=it.topic,
            idempotency_key=it.idempotency_key,
            sequence=it.sequence,
            tenant_id=it.tenant_id,
            status=it.status.value,
            attempts=it.attempts,
            due_at=it.due_at,
            last_status=it.last_status,
            last_error=it.last_error.value if it.last_error else None,
            replay_of=it.replay_of,
            created_at=it.created_at,
            finished_at=it.finished_at,
        )


class AttemptAnswer(Answer):
    """One attempt to deliver; ``answer`` is the beginning of what the receiver said."""

    ordinal: int
    at: datetime
    latency_ms: int
    verdict: str
    status: int | None
    error: str | None
    answer: str | None
    next_due_at: datetime | None


class DeliveryStoryAnswer(Answer):
    """A delivery, every attempt, and the body as it was signed."""

    delivery: DeliveryAnswer
    attempts: list[AttemptAnswer]
    body: str

    @classmethod
    def of(cls, it: DeliveryStory) -> DeliveryStoryAnswer:
        """Show a delivery with its attempts."""
        attempts = [
            AttemptAnswer(
                ordinal=each.ordinal,
                at=each.at,
                latency_ms=each.latency_ms,
                verdict=each.verdict.value,
                status=each.status,
                error=each.error.value if each.error else None,
                answer=each.answer,
                next_due_at=each.next_due_at,
            )
            for each in it.attempts
        ]
        return cls(delivery=DeliveryAnswer.of(it.delivery), attempts=attempts, body=it.body.decode("utf-8", "replace"))


class ReplayAnswer(Answer):
    """How many deliveries were queued again; if there are more, go on with ``next_after``."""

    deliveries: int
    more: bool
    next_after: int | None

    @classmethod
    def of(cls, it: ReplayReport) -> ReplayAnswer:
        """Show what a replay came to."""
        return cls(deliveries=it.deliveries, more=it.more, next_after=it.next_after)


class DeletedWebhookAnswer(Answer):
    """The subscriber that is no more."""

    webhook_id: str


class TestQueuedAnswer(Answer):
    """A test that is on its way: the key of its event, by which its delivery is found in the list of deliveries."""

    idempotency_key: str


class TopicAnswer(Answer):
    """A kind of event: ``schema`` is the JSON Schema (2020-12) of ``data``, ``example`` such ``data``."""

    name: str
    version: int
    aggregate: str
    description: str
    schema: dict[str, Any]
    example: dict[str, Any]

    @classmethod
    def of(cls, it: TopicEntry) -> TopicAnswer:
        """Show a topic."""
        return cls(
            name=it.name,
            version=it.version,
            aggregate=it.aggregate,
            description=it.description,
            schema=dict(it.schema),
            example=dict(it.example),
        )


class FeedAnswer(Answer):
    """A part of the feed, oldest first. ``next_cursor`` is where to go on, now (``more``) or in a month."""

    items: list[dict[str, Any]]
    next_cursor: str | None
    more: bool

    @classmethod
    def of(cls, it: EventFeed) -> FeedAnswer:
        """Show a part."""
        return cls(items=list(it.events), next_cursor=it.next_cursor, more=it.more)
