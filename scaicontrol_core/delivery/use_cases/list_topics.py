"""Look at what can be subscribed to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.delivery.topic import Topic
from scaicontrol_core.delivery.topics import PUBLIC_TOPICS, TOPICS


@frozen(kw_only=True)
class TopicEntry:
    """A topic as the catalogue shows it: ``schema`` is the JSON Schema of ``data``, ``example`` an instance of it."""

    name: str
    version: int
    aggregate: str
    description: str
    schema: Mapping[str, Any]
    example: Mapping[str, Any]

    @classmethod
    def of(cls, topic: Topic) -> TopicEntry:
        """Show a topic."""
        return cls(
            name=topic.name,
            version=topic.version,
            aggregate=topic.aggregate,
            description=topic.description,
            schema=topic.json_schema(),
            example=topic.example_payload(),
        )


@frozen
class ListTopics:
    """Return every topic that can be subscribed to, with its schema and an example."""

    async def __call__(self, actor: Actor) -> tuple[TopicEntry, ...]:
        """Return them in the catalogue's order."""
        actor.require(Permission.ADMIN_BILLING, Permission.BILLING_READ)
        return tuple(TopicEntry.of(TOPICS[name]) for name in PUBLIC_TOPICS)
