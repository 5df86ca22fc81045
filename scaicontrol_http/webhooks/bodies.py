"""Bodies about webhooks: what the core's terms mean stands there."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType, field, structs

from scaicontrol_core.delivery.secret_keeping import NewWebhookSubscription
from scaicontrol_core.delivery.webhook_terms import (
    USUAL_IN_FLIGHT,
    USUAL_OVERLAP_HOURS,
    WebhookChanges,
    WebhookTerms,
)
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_http.requests import Body, instant_of

_Position = Annotated[int, Meta(ge=0, le=2**62)]


class NewWebhookBody(Body):
    """Where to send which events. ``topics`` are names or patterns: ``invoice.paid.v1``, ``invoice.*``, ``*``.

    ``partner_id`` says whose the subscription is (without it, the caller's own); ``only_partner_id`` and
    ``only_tenant_id`` narrow what it gets. ``secret`` is one that the receiver knows already; without it one is made.
    """

    url: str
    topics: list[str]
    description: str | None = None
    owner_email: str | None = None
    partner_id: str | None = None
    only_partner_id: str | None = None
    only_tenant_id: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    max_in_flight: int = USUAL_IN_FLIGHT
    ordered: bool = True
    secret_overlap_hours: int = USUAL_OVERLAP_HOURS
    secret: str | None = None

    def wanted(self) -> NewWebhookSubscription:
        """Return the core's value."""
        terms = WebhookTerms(
            url=self.url,
            topics=tuple(self.topics),
            description=self.description,
            owner_email=self.owner_email,
            only_partner_id=PartnerId(self.only_partner_id) if self.only_partner_id else None,
            only_tenant_id=TenantId(self.only_tenant_id) if self.only_tenant_id else None,
            headers=self.headers,
            max_in_flight=self.max_in_flight,
            ordered=self.ordered,
            secret_overlap_hours=self.secret_overlap_hours,
        )
        partner_id = PartnerId(self.partner_id) if self.partner_id else None
        return NewWebhookSubscription(terms=terms, partner_id=partner_id, secret=self.secret)


class WebhookPatch(Body):
    """What to change of a subscription; what is absent stays. ``headers`` are replaced as a whole."""

    url: str | UnsetType = UNSET
    topics: list[str] | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    owner_email: str | UnsetType | None = UNSET
    only_partner_id: str | UnsetType | None = UNSET
    only_tenant_id: str | UnsetType | None = UNSET
    headers: dict[str, str] | UnsetType = UNSET
    max_in_flight: int | UnsetType = UNSET
    ordered: bool | UnsetType = UNSET
    secret_overlap_hours: int | UnsetType = UNSET

    def changes(self) -> WebhookChanges:
        """Return the core's value."""
        given = {name: value for name, value in structs.asdict(self).items() if value is not UNSET}
        topics: dict[str, Any] = {"topics": tuple(given["topics"])} if "topics" in given else {}
        return WebhookChanges(**(given | topics))


class NewSecretBody(Body):
    """A secret that the receiver knows already; without one, a new one is made."""

    secret: str | None = None


class ReplaySinceBody(Body):
    """From when on; ``after`` is ``next_after`` of the answer before, if there was more."""

    since: datetime
    after: _Position = 0

    def moment(self) -> datetime:
        """Return the instant in UTC; ``Invalid`` (``instant_invalid``) if the calendar lacks it."""
        found = instant_of(self.since, "/since")
        if found is None or self.since.tzinfo is None:
            raise Invalid.field("/since", "An instant says its offset: 2026-01-15T08:00:00Z.", code="instant_invalid")
        return found
