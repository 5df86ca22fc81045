"""Typed errors: what is wrong, which field, what to do about it.

The core knows eleven kinds; each surface maps a kind once (HTTP status, exit code, retry or
dead letter). A ``code`` is stable and part of the API; a ``message`` is for people and may
change.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable


class ErrorKind(StrEnum):
    """What sort of failure it is; surfaces map these and nothing else."""

    NOT_FOUND = "not_found"
    FORBIDDEN = "forbidden"
    UNAUTHENTICATED = "unauthenticated"
    CONFLICT = "conflict"
    STALE = "stale"
    INVALID = "invalid"
    MALFORMED = "malformed"
    REFUSED = "refused"
    """A state forbids it (invalid_transition, invoice_immutable); HTTP 400, as the origin has it."""
    LIMITED = "limited"
    UNAVAILABLE = "unavailable"
    RETRYABLE = "retryable"
    """The database asked for the whole use case to be run again (deadlock, certification)."""


@frozen
class FieldError:
    """One wrong field: an RFC 6901 JSON pointer into the input, and what is wrong with it."""

    pointer: str
    message: str


class ScaiControlError(Exception):
    """Base of every error the product raises on purpose.

    Attributes: ``kind``; ``code`` (stable, snake_case); ``message`` (one sentence);
    ``fields`` (the offending fields, possibly none); ``hint`` (what to do, or None).
    """

    kind: ErrorKind = ErrorKind.INVALID
    code: str = "invalid"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        fields: Iterable[FieldError] = (),
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code
        self.fields = tuple(fields)
        self.hint = hint


class NotFound(ScaiControlError):
    """No such row, or none that this scope may see: the two are never told apart."""

    kind = ErrorKind.NOT_FOUND
    code = "not_found"

    @classmethod
    def of(cls, what: str, key: str) -> NotFound:
        """Name the missing thing: ``NotFound.of("invoice", invoice_id)``."""
        return cls(f"There is no {what} {key!r}.", code=f"{what.replace(' ', '_')}_not_found")


class Forbidden(ScaiControlError):
    """The actor lacks a permission."""

    kind = ErrorKind.FORBIDDEN
    code = "forbidden"


class OutOfScope(Forbidden):
    """A unit of work tried to write a row beyond its scope, or anything at all in a read-only one."""

    code = "out_of_scope"


class Unauthenticated(ScaiControlError):
    """No token, or one that does not verify."""

    kind = ErrorKind.UNAUTHENTICATED
    code = "unauthenticated"


class Conflict(ScaiControlError):
    """The request is sound but collides with what exists."""

    kind = ErrorKind.CONFLICT
    code = "conflict"


class Stale(ScaiControlError):
    """Somebody else changed the row first (optimistic concurrency); ``version`` is the present one, if it is known."""

    kind = ErrorKind.STALE
    code = "stale_version"
    version: int | None = None


class Invalid(ScaiControlError):
    """The input is well formed but wrong; ``fields`` say where."""

    kind = ErrorKind.INVALID
    code = "invalid"

    @classmethod
    def field(cls, pointer: str, message: str, *, code: str = "invalid", hint: str | None = None) -> Invalid:
        """Build the common case: one wrong field."""
        return cls(message, code=code, fields=(FieldError(pointer, message),), hint=hint)


class Malformed(ScaiControlError):
    """The input could not even be read."""

    kind = ErrorKind.MALFORMED
    code = "malformed"


class Refused(ScaiControlError):
    """The thing's state forbids the change."""

    kind = ErrorKind.REFUSED
    code = "refused"


class InvalidTransition(Refused):
    """A lifecycle has no such edge; names both states and what is allowed."""

    code = "invalid_transition"

    def __init__(self, lifecycle: str, source: str, target: str, allowed: Iterable[str]) -> None:
        self.source = source
        self.target = target
        self.allowed = tuple(sorted(allowed))
        choices = ", ".join(self.allowed) or "nothing (the state is terminal)"
        super().__init__(
            f"A {lifecycle} that is {source} cannot become {target}; allowed: {choices}.",
            fields=(FieldError("/status", f"{source} → {target} is not allowed"),),
        )


class Limited(ScaiControlError):
    """Too many requests, or too much in one."""

    kind = ErrorKind.LIMITED
    code = "limited"


class Unavailable(ScaiControlError):
    """Something we depend on does not answer; trying later may work."""

    kind = ErrorKind.UNAVAILABLE
    code = "unavailable"


class CommitUnknown(Unavailable):
    """The connection broke during COMMIT: the change was written, or it was not.

    Never run again blindly: read back what the use case keeps for that (the invoice that has
    its number by now, an idempotency key).
    """

    code = "commit_unknown"


class Retryable(ScaiControlError):
    """The database gave up this transaction; nothing was written; run the use case again."""

    kind = ErrorKind.RETRYABLE
    code = "try_again"
