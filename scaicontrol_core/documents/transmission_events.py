"""What happens to a request to send a document."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from scaicontrol_core.kernel.events import Event


@frozen(kw_only=True)
class SendEvent(Event):
    """Something about a request to send a document; what changed stands in ``changes``."""

    resource_type: ClassVar[str] = "send_request"

    invoice_id: str
    recipients: list[str]


@frozen(kw_only=True)
class SendQueued(SendEvent):
    """Somebody wants a document sent."""

    action: ClassVar[str] = "send_request.queued"


@frozen(kw_only=True)
class SendClaimed(SendEvent):
    """A worker took the request."""

    action: ClassVar[str] = "send_request.claimed"


@frozen(kw_only=True)
class SendComposed(SendEvent):
    """The message's words and the document's revision are settled."""

    action: ClassVar[str] = "send_request.composed"


@frozen(kw_only=True)
class SendHandedOver(SendEvent):
    """The mail service has the message."""

    action: ClassVar[str] = "send_request.handed_over"


@frozen(kw_only=True)
class SendDeferred(SendEvent):
    """The mail service was away; the message is tried again later."""

    action: ClassVar[str] = "send_request.deferred"


@frozen(kw_only=True)
class SendFailed(SendEvent):
    """The message can't be sent; somebody has to look."""

    action: ClassVar[str] = "send_request.failed"


@frozen(kw_only=True)
class SendRetried(SendEvent):
    """Somebody had a failed message tried again."""

    action: ClassVar[str] = "send_request.retried"


@frozen(kw_only=True)
class SendReported(SendEvent):
    """The mail service reported what became of the message."""

    action: ClassVar[str] = "send_request.reported"
