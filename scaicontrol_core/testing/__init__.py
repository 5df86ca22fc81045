"""For tests and embedders: every port in memory, a clock and ids one can predict, and builders.

``MemoryUnitOfWorkFactory`` stands in for the database wherever a use case asks for ``work``;
``MemoryWorld`` has all ports at hand and builds any use case.
"""

from scaicontrol_core.testing.clock import FixedClock
from scaicontrol_core.testing.ids import SequentialIds
from scaicontrol_core.testing.memory import MemoryUnitOfWorkFactory, MemoryWork
from scaicontrol_core.testing.memory_store import MemoryStore, OutboxEvent
from scaicontrol_core.testing.world import MemoryWorld

__all__ = [
    "FixedClock",
    "MemoryStore",
    "MemoryUnitOfWorkFactory",
    "MemoryWork",
    "MemoryWorld",
    "OutboxEvent",
    "SequentialIds",
]
