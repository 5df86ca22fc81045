"""What an answer means: arrived, try again, or never."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from attrs import frozen

_OK, _REDIRECTS, _CLIENT, _SERVER = 200, 300, 400, 500
_CONFLICT, _GONE = 409, 410
#: 408 Request Timeout, 425 Too Early, 429 Too Many Requests.
_LATER = frozenset({408, 425, 429})
#: Most bytes of an answer that are read and kept.
MOST_ANSWER_BYTES = 2048


class ErrorClass(StrEnum):
    """What sort of failure an attempt met, for searches and counts."""

    TIMEOUT = "timeout"
    NAME = "name_not_found"
    CONNECTION = "connection"
    TLS = "tls"
    ADDRESS = "address_refused"
    """The name leads to an address that we do not send to."""
    ANSWER = "answer_unreadable"
    REDIRECT = "redirect"
    CLIENT = "client_error"
    SERVER = "server_error"
    GONE = "gone"
    THROTTLED = "throttled"
    SECRETS = "secrets_unavailable"
    """Our own secrets could not be read: nothing was sent."""
    FAULT = "fault"
    """A fault of our own software."""


@frozen(kw_only=True)
class Answer:
    """What came of a POST: a status, or the class of an error; never both wanting.

    ``text`` is the answer's beginning, at most ``MOST_ANSWER_BYTES``.
    """

    latency_ms: int
    status: int | None = None
    error: ErrorClass | None = None
    text: str | None = None
    retry_after: timedelta | None = None


class Verdict(StrEnum):
    """What follows from an answer."""

    ARRIVED = "arrived"
    RETRY = "retry"
    NEVER = "never"
    """The receiver does not want it: no later attempt would change that."""
    GONE = "gone"
    """The receiver is no more: nothing is sent there from now on."""
    UNSENT = "unsent"
    """Nothing was sent, for reasons of our own: no attempt."""


def verdict(answer: Answer) -> Verdict:
    """Judge an answer: 2xx and 409 (it has it already) arrived; whatever may pass is tried again."""
    status = answer.status
    if status is None:
        return Verdict.UNSENT if answer.error is ErrorClass.SECRETS else Verdict.RETRY
    if _OK <= status < _REDIRECTS or status == _CONFLICT:
        return Verdict.ARRIVED
    if status == _GONE:
        return Verdict.GONE
    if _CLIENT <= status < _SERVER and status not in _LATER:
        return Verdict.NEVER
    return Verdict.RETRY


def error_class(answer: Answer) -> ErrorClass | None:
    """Name what was wrong with an answer; None if it arrived."""
    status = answer.status
    if status is None:
        return answer.error or ErrorClass.FAULT
    if verdict(answer) is Verdict.ARRIVED:
        return None
    if status in _LATER:
        return ErrorClass.THROTTLED
    if status == _GONE:
        return ErrorClass.GONE
    if status >= _SERVER:
        return ErrorClass.SERVER
    if status >= _CLIENT:
        return ErrorClass.CLIENT
    return ErrorClass.REDIRECT if status >= _REDIRECTS else ErrorClass.ANSWER
