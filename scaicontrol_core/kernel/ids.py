"""Identifiers: a type prefix and a time-ordered body, so that primary keys insert in order."""

from __future__ import annotations

from typing import NewType, Protocol

PartnerId = NewType("PartnerId", str)
TenantId = NewType("TenantId", str)
UserId = NewType("UserId", str)
GroupId = NewType("GroupId", str)
RoleId = NewType("RoleId", str)
ServiceId = NewType("ServiceId", str)
PlanId = NewType("PlanId", str)
PackId = NewType("PackId", str)
SubscriptionId = NewType("SubscriptionId", str)
PackSubscriptionId = NewType("PackSubscriptionId", str)
InvoiceId = NewType("InvoiceId", str)
LineId = NewType("LineId", str)
PaymentId = NewType("PaymentId", str)
PaymentMethodId = NewType("PaymentMethodId", str)
RunId = NewType("RunId", str)
StatementId = NewType("StatementId", str)
EventId = NewType("EventId", str)
WebhookSubscriptionId = NewType("WebhookSubscriptionId", str)
WebhookDeliveryId = NewType("WebhookDeliveryId", str)
AuditEntryId = NewType("AuditEntryId", str)

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BODY_LENGTH = 26
ENTROPY_BITS = 80


class Ids(Protocol):
    """Makes new identifiers; each is greater than every one it made before."""

    def new(self, prefix: str) -> str:
        """Return ``{prefix}_{body}``, at most 36 characters; prefixes have three letters."""
        ...


def milliseconds_of(identifier: str) -> int | None:
    """Return the Unix time at which an identifier was made; None for text that is none."""
    _, divided, body = identifier.partition("_")
    if not divided or len(body) != _BODY_LENGTH or not set(body) <= set(_ALPHABET):
        return None
    number = 0
    for letter in body:
        number = number * len(_ALPHABET) + _ALPHABET.index(letter)
    return number >> ENTROPY_BITS


def compose_id(prefix: str, milliseconds: int, entropy: int) -> str:
    """Write an identifier from a Unix time in milliseconds and 80 bits of entropy.

    The body is 26 characters of Crockford's base 32 (the ULID layout): ids sort by time.
    """
    number = (milliseconds << ENTROPY_BITS) | (entropy & ((1 << ENTROPY_BITS) - 1))
    body = "".join(_ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(_BODY_LENGTH)))
    return f"{prefix}_{body}"
