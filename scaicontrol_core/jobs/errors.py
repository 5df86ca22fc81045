"""What can be wrong with running a job."""

from __future__ import annotations

from datetime import datetime

from scaicontrol_core.kernel.clock import rfc3339
from scaicontrol_core.kernel.errors import Conflict


class JobHeld(Conflict):
    """Somebody is at it already."""

    code = "job_held"

    @classmethod
    def by(cls, name: str, owner: str, until: datetime) -> JobHeld:
        """Name who is at it, and until when at the latest unless they go on."""
        return cls(
            f"The job {name} is run by {owner}, who holds it until {rfc3339(until)}.",
            hint="Wait for it to end; if its runner died, it is free at that time.",
        )


class JobLeaseLost(Conflict):
    """Somebody else has taken the job over: the lease ran out before it was renewed."""

    code = "job_lease_lost"

    def __init__(self, name: str) -> None:
        super().__init__(f"The job {name} is no longer held by this runner.")
