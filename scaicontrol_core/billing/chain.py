"""Tamper evidence: each document's hash covers the one before it in its series."""

from __future__ import annotations

from hashlib import sha256

from attrs import frozen


def genesis(series: str) -> str:
    """Return what stands before the first document of a series."""
    return sha256(f"scaicontrol.series/1:{series}".encode()).hexdigest()


def chain_hash(previous: str, canonical: str) -> str:
    """Return sha256(previous ‖ canonical JSON of the frozen document), in hexadecimal."""
    return sha256(previous.encode("ascii") + canonical.encode()).hexdigest()


@frozen
class ChainLink:
    """What the verifier needs of a stored document, in order of its number.

    ``mismatches`` names stored columns that contradict the frozen document.
    """

    sequence: int
    number: str
    issue_date: str
    canonical: str
    chain_hash: str
    mismatches: tuple[str, ...] = ()


@frozen
class ChainFault:
    """One thing an auditor must look at."""

    number: str
    fault: str


class ChainWalk:
    """Walks one series link by link and notes every gap, duplicate, backward date and broken hash.

    Fed in pages, so that a series of any length fits in memory.
    """

    def __init__(self, series: str, first_number: int = 1) -> None:
        self.faults: list[ChainFault] = []
        self.documents = 0
        self.first: str | None = None
        self.last: str | None = None
        self.last_sequence = 0
        self.expected = first_number
        self._previous = genesis(series)
        self._last_date = ""

    def step(self, link: ChainLink) -> None:
        """Check the next document of the series."""
        if link.sequence != self.expected:
            kind = "gap before it" if link.sequence > self.expected else "duplicate or out of order"
            self._note(link, f"{kind}: expected sequence {self.expected}, found {link.sequence}")
        if link.issue_date < self._last_date:
            self._note(link, f"issue date {link.issue_date} runs back from {self._last_date}")
        if chain_hash(self._previous, link.canonical) != link.chain_hash:
            self._note(link, "chain hash does not match the frozen document and its predecessor")
        for name in link.mismatches:
            self._note(link, f"{name} contradicts the frozen document")
        self.documents += 1
        self.first, self.last = self.first or link.number, link.number
        self._previous, self._last_date = link.chain_hash, link.issue_date
        self.last_sequence, self.expected = link.sequence, link.sequence + 1

    def finish(self, next_number: int, last_hash: str | None) -> None:
        """Compare the end of the walk with the series row as it was read before the walk.

        Documents cut off at the end show here; documents numbered since then are no fault.
        """
        if next_number > self.expected:
            self._fault(f"the series counts on at {next_number}, its documents at {self.expected}")
        elif next_number == self.expected and last_hash != (self._previous if self.documents else None):
            self._fault("the series' last hash is not that of its last document")

    def check_counter(self, next_number: int) -> None:
        """Compare with the series row as it was read after the walk: a counter turned back shows here."""
        if next_number < self.expected:
            self._fault(f"the series counts on at {next_number}, its documents at {self.expected}")

    def _note(self, link: ChainLink, fault: str) -> None:
        self.faults.append(ChainFault(link.number, fault))

    def _fault(self, fault: str) -> None:
        self.faults.append(ChainFault(self.last or "(no document)", fault))
