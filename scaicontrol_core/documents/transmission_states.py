"""Where a request to send stands, and what its history can tell."""

from __future__ import annotations

from enum import StrEnum

from scaicontrol_core.kernel.lifecycle import Lifecycle


class SendStatus(StrEnum):
    """Where a request stands: until the service has it, and what the service reports later."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    DELIVERED = "delivered"
    BOUNCED = "bounced"


_S = SendStatus

SEND_LIFECYCLE: Lifecycle[SendStatus] = Lifecycle(
    name="send_request",
    initial=_S.QUEUED,
    edges={
        _S.QUEUED: frozenset({_S.SENT, _S.FAILED}),
        _S.SENT: frozenset({_S.DELIVERED, _S.BOUNCED}),
        _S.FAILED: frozenset({_S.QUEUED}),
        _S.DELIVERED: frozenset({_S.BOUNCED}),
        _S.BOUNCED: frozenset(),
    },
)


class SendResult(StrEnum):
    """What one entry of the send history says happened."""

    HANDED_OVER = "handed_over"
    DEFERRED = "deferred"
    FAILED = "failed"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
