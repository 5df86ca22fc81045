"""The base of all payloads."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class Payload:
    """A snapshot taken inside the transaction, complete enough to act on without a call back.

    Money is in minor units of ``currency``, instants in UTC, days are the seller's own, quantities exact text.
    """
