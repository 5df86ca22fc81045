"""One transition table per lifecycle; everything else about states is derived from it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Generic, TypeVar

from attrs import field, frozen

from scaicontrol_core.kernel.errors import InvalidTransition

if TYPE_CHECKING:
    from collections.abc import Mapping

S = TypeVar("S", bound=StrEnum)


@frozen
class Lifecycle(Generic[S]):
    """The legal moves of one kind of thing.

    ``edges`` names every state, terminal ones with no targets. The diagrams in the docs, the
    CHECK constraints, the actions an answer offers and the property tests are read from it.
    """

    name: str
    initial: S
    edges: Mapping[S, frozenset[S]] = field()

    def targets(self, source: S) -> frozenset[S]:
        """Return the states that may follow ``source``."""
        return self.edges[source]

    def require(self, source: S, target: S) -> None:
        """Raise ``InvalidTransition`` unless ``source → target`` is an edge."""
        if target not in self.edges[source]:
            raise InvalidTransition(self.name, source.value, target.value, (s.value for s in self.edges[source]))

    @property
    def states(self) -> tuple[S, ...]:
        """All states, in the table's order."""
        return tuple(self.edges)

    @property
    def terminal(self) -> frozenset[S]:
        """The states nothing follows."""
        return frozenset(state for state, targets in self.edges.items() if not targets)

    def mermaid(self) -> str:
        """Draw the table as a mermaid state diagram, for the docs."""
        rows = ["stateDiagram-v2", f"    [*] --> {self.initial.value}"]
        for source, targets in self.edges.items():
            rows += [f"    {source.value} --> {target.value}" for target in self.edges if target in targets]
            if not targets:
                rows.append(f"    {source.value} --> [*]")
        return "\n".join(rows)
