"""What a bench measured."""

from __future__ import annotations

from attrs import frozen


@frozen
class Measured:
    """One figure beside its raw limit, both per second, and the ratio aimed at."""

    what: str
    rate: float
    unit: str
    limit: str
    limit_rate: float | None = None
    aim: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How much of the raw limit is reached."""
        return self.rate / self.limit_rate if self.limit_rate else None
