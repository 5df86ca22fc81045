"""When a job runs next, and when it is given up."""

from __future__ import annotations

from datetime import timedelta

#: A job that fails in a row waits ever longer, up to this or its own interval.
LONGEST_WAIT = timedelta(minutes=5)
#: So many faults of ours in a row, and a person has to look. That something does not answer is no fault.
MOST_FAULTS = 10
_MOST_DOUBLINGS = 12


def wait_after(every: timedelta, failures: int) -> timedelta:
    """Return the interval; after failures in a row twice as long for each, within reason."""
    longest = max(LONGEST_WAIT, every)
    return min(every * (1 << min(failures, _MOST_DOUBLINGS)), longest)
