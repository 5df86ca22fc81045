"""Routes of the feed of events, and of the topics that there are."""

from __future__ import annotations

from typing import Annotated

from litestar import get
from litestar.params import FromQuery, QueryParameter

from scaicontrol_core.delivery.outbox_ports import FeedFilter
from scaicontrol_core.delivery.use_cases.list_topics import ListTopics
from scaicontrol_core.delivery.use_cases.read_events import ReadEvents
from scaicontrol_core.kernel.paging import DEFAULT_LIMIT, MAX_LIMIT
from scaicontrol_http.dependencies import Actor, Container
from scaicontrol_http.requests import Listing, whole
from scaicontrol_http.webhooks.schemas import FeedAnswer, TopicAnswer

_After = Annotated[
    str | None,
    QueryParameter(
        name="after", description="`next_cursor` of the part before; without it the beginning, `latest` for the end."
    ),
]
_Types = Annotated[
    str | None, QueryParameter(name="types", description="Topics or patterns, with commas: `invoice.*,payment.*`.")
]
_Limit = Annotated[
    int, QueryParameter(name="limit", description=f"Most events in the answer, 1 to {MAX_LIMIT}; default 50.")
]


@get("/events", tags=["Events"], summary="Read the feed of events")
async def read_events(
    container: Container, actor: Actor, after: _After = None, types: _Types = None, limit: _Limit = DEFAULT_LIMIT
) -> FeedAnswer:
    """Every event within the caller's scope, oldest first, in the shape in which webhooks send it.

    A service's own token reads the events that name its service, and of packs its own part.

    Nothing is lost, however long the reader was away: no event ever appears behind a cursor that was handed out. Keep
    `next_cursor` and go on from there, at once if there is `more`.
    """
    return FeedAnswer.of(await container.use(ReadEvents)(actor, after or None, limit, _several(types)))


@get("/admin/events", tags=["Admin: webhooks"], summary="Browse events")
async def browse_events(
    container: Container,
    actor: Actor,
    after: _After = None,
    types: _Types = None,
    partner_id: FromQuery[str | None] = None,
    tenant_id: FromQuery[str | None] = None,
    limit: _Limit = DEFAULT_LIMIT,
) -> FeedAnswer:
    """The same feed for administrators: of one partner, of one tenant, or of all within scope."""
    wanted = FeedFilter(partner_id=partner_id or None, tenant_id=tenant_id or None)
    return FeedAnswer.of(await container.use(ReadEvents)(actor, after or None, limit, _several(types), wanted))


@get("/admin/webhook-topics", tags=["Admin: webhooks"], summary="List topics")
async def list_topics(container: Container, actor: Actor) -> Listing[TopicAnswer]:
    """What can be subscribed to: each topic with the JSON Schema of its `data`, and an example."""
    return whole(await container.use(ListTopics)(actor), TopicAnswer.of)


def _several(types: str | None) -> list[str]:
    return [each.strip() for each in (types or "").split(",") if each.strip()]


ROUTES = (read_events, browse_events, list_topics)
