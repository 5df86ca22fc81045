"""Patterns of topics: a topic, everything below a word (``invoice.*``), or everything (``*``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaicontrol_core.delivery.topics import PUBLIC_TOPICS
from scaicontrol_core.kernel.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

EVERYTHING = "*"
MOST_PATTERNS = 64


def covers(pattern: str, topic: str) -> bool:
    """Tell whether a pattern means a topic."""
    if pattern == EVERYTHING:
        return True
    if pattern.endswith(".*"):
        return topic.startswith(pattern[:-1])
    return pattern == topic


def topic_pattern(value: Any, pointer: str) -> str:
    """Return a pattern; ``Invalid`` (``topic_unknown``) if it means no topic that there is."""
    if isinstance(value, str) and any(covers(value, topic) for topic in PUBLIC_TOPICS):
        return value
    raise Invalid.field(
        pointer,
        f"{value!r} is no topic, and stands for none.",
        code="topic_unknown",
        hint=f"One of {', '.join(PUBLIC_TOPICS)}; or {EVERYTHING}, or the beginning of some, as in invoice.*",
    )


def topics_of(patterns: Sequence[str]) -> tuple[str, ...]:
    """Return the public topics that any of the patterns means, all for none; ``Invalid`` (``topic_unknown``)."""
    known = [topic_pattern(pattern, f"/types/{place}") for place, pattern in enumerate(patterns)]
    if not known:
        return ()
    return tuple(topic for topic in PUBLIC_TOPICS if any(covers(pattern, topic) for pattern in known))
