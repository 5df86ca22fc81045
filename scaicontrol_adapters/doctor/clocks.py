"""Two clocks beside each other."""

from __future__ import annotations

from datetime import datetime

from scaicontrol_adapters.doctor.finding import Finding, ok, warning, wrong

#: Seconds between the database's clock and ours: what is strange, and what breaks due dates and tokens.
_STRANGE, _BROKEN = 2.0, 60.0
_MEND = "Let both machines keep time by NTP."


def clock(theirs: datetime, before: datetime, after: datetime) -> Finding:
    """Compare the database's clock with ours, which was read before and after it."""
    skew = abs((theirs - (before + (after - before) / 2)).total_seconds())
    says = f"{skew:.1f} seconds between its clock and this machine's."
    if skew >= _BROKEN:
        return wrong("database.clock", says, _MEND)
    return warning("database.clock", says, _MEND) if skew >= _STRANGE else ok("database.clock", says)
