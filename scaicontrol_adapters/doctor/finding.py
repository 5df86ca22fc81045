"""What the doctor found out about one thing, and how to mend it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from enum import StrEnum

from attrs import frozen

from scaicontrol_adapters.settings import Settings


class Verdict(StrEnum):
    """How it is."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@frozen
class Finding:
    """One thing that was looked at; ``mend`` says what to do about it."""

    check: str
    verdict: Verdict
    says: str
    mend: str | None = None


#: Looks at one dependency: yields what it finds as it goes, so that what is known is kept if the rest hangs.
Look = Callable[[Settings], AsyncIterator[Finding]]


def ok(check: str, says: str) -> Finding:
    """Return what is as it should be."""
    return Finding(check, Verdict.OK, says)


def warning(check: str, says: str, mend: str) -> Finding:
    """Return what works, and is not as it should be."""
    return Finding(check, Verdict.WARNING, says, mend)


def wrong(check: str, says: str, mend: str) -> Finding:
    """Return what does not work."""
    return Finding(check, Verdict.WRONG, says, mend)
