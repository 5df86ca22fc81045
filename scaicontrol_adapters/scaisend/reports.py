"""Reading ScaiSend's reports: who sent them, and what they say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from scaicontrol_adapters.scaisend.signature import SignatureInvalid, verify
from scaicontrol_core.documents.mail import without_surrogates
from scaicontrol_core.documents.transmission import SendResult
from scaicontrol_core.documents.use_cases.record_mail_report import MailReport
from scaicontrol_core.kernel.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_RESULTS = {
    "message.delivered": SendResult.DELIVERED,
    "message.bounced": SendResult.BOUNCED,
    "message.complained": SendResult.COMPLAINED,
}


def read_report(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> MailReport | None:
    """Return what a signed webhook reports; None for an event that is none of ours to know.

    Raises ``SignatureInvalid`` (also without a secret), ``Malformed`` for a body of another shape.
    """
    if not secret:
        raise SignatureInvalid(
            "No secret is set for ScaiSend's reports.", hint="Set SCAICONTROL_SCAISEND_WEBHOOK_SECRET."
        )
    webhook_id = verify(secret, headers, body, now)
    try:
        event: Any = json.loads(body)
        result = _RESULTS.get(event["type"])
        data: Any = event["data"]
        if result is None:
            return None
        reference = (data.get("metadata") or {}).get("reference")
        return MailReport(
            report_id=webhook_id,
            result=result,
            message_id=_text(data["id"]),
            reference=_text(reference) if reference is not None else None,
            recipient=_text(data.get("recipient") or "?"),
            reason=_text(data.get("reason") or ""),
            at=now,
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as wrong:
        raise Malformed("This is not a report as ScaiSend sends them.", code="report_malformed") from wrong


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return without_surrogates(value)
