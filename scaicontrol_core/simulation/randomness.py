"""Chance without chance: numbers that depend on a seed, a name and a counter, and on nothing else.

There is no state that one draw leaves to the next: a stream of its own for each customer and
behaviour, and a counter that says which draw it is (the month, the invoice), so that another
behaviour added to a scenario shifts no other. The mixing function is SplitMix64's (Steele, Lea,
Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014).
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

from attrs import frozen

T = TypeVar("T")
BITS = 64
PER_MILLE = 1000
_MASK = (1 << BITS) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def mix(value: int) -> int:
    """Return 64 bits in which every bit of the value counts."""
    value &= _MASK
    value = ((value ^ (value >> 30)) * _FIRST) & _MASK
    value = ((value ^ (value >> 27)) * _SECOND) & _MASK
    return value ^ (value >> 31)


@frozen
class Stream:
    """An endless row of numbers, read at any place; ``key`` tells it from every other."""

    key: int

    @classmethod
    def of(cls, seed: int) -> Stream:
        """Return the stream all others of a seed come from."""
        return cls(mix(seed + _GOLDEN))

    def fork(self, *names: str) -> Stream:
        """Return the stream of that name below this one; another name, another stream."""
        key = self.key
        for name in names:
            digest = blake2b(name.encode(), digest_size=BITS // 8).digest()
            key = mix(key ^ int.from_bytes(digest, "big"))
        return Stream(key)

    def at(self, place: int) -> int:
        """Return the number at a place: 0 to 2^64 - 1."""
        return mix(self.key + (place + 1) * _GOLDEN)

    def below(self, bound: int, place: int = 0) -> int:
        """Return a number from 0 to ``bound - 1``."""
        return (self.at(place) * bound) >> BITS

    def between(self, least: int, most: int, place: int = 0) -> int:
        """Return a number from ``least`` to ``most``, both included."""
        return least + self.below(most - least + 1, place)

    def happens(self, per_mille: int, place: int = 0) -> bool:
        """Tell whether what happens so often in a thousand times happens this time."""
        return self.below(PER_MILLE, place) < per_mille

    def pick(self, choices: Sequence[T], place: int = 0) -> T:
        """Return one of several, each as likely."""
        return choices[self.below(len(choices), place)]

    def weighted(self, choices: Sequence[tuple[T, int]], place: int = 0) -> T:
        """Return one of several by their weights; one of weight 0 never."""
        left = self.below(sum(weight for _, weight in choices), place)
        for choice, weight in choices:
            left -= weight
            if left < 0:
                return choice
        raise ValueError("Something must have a weight.")
