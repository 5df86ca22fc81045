"""What sinks a whole batch; anything about a single event is its outcome's ``Reason``."""

from __future__ import annotations

from scaicontrol_core.kernel.errors import Invalid


class BatchTooLarge(Invalid):
    """A batch has at most 10,000 events."""

    code = "batch_too_large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"A batch has at most {limit:,} events.", hint="Send several batches.")
