"""Tamper evidence: each document's hash covers the one before it in its series."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable


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


def verify_chain(series: str, links: Iterable[ChainLink], first_number: int = 1) -> tuple[ChainFault, ...]:
    """Walk one series and name every gap, duplicate, backward date, broken hash and mismatch."""
    faults: list[ChainFault] = []
    previous, expected, last_date = genesis(series), first_number, ""
    for link in links:
        if link.sequence != expected:
            kind = "gap before it" if link.sequence > expected else "duplicate or out of order"
            faults.append(ChainFault(link.number, f"{kind}: expected sequence {expected}, found {link.sequence}"))
        if link.issue_date < last_date:
            faults.append(ChainFault(link.number, f"issue date {link.issue_date} runs back from {last_date}"))
        if chain_hash(previous, link.canonical) != link.chain_hash:
            faults.append(ChainFault(link.number, "chain hash does not match the frozen document"))
        faults += [ChainFault(link.number, f"{name} contradicts the frozen document") for name in link.mismatches]
        previous, expected, last_date = link.chain_hash, link.sequence + 1, link.issue_date
    return tuple(faults)
