"""Handing messages to ScaiSend: ``POST /v1/messages`` with an idempotency key."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any, ClassVar

import aiohttp
from attrs import define, field, frozen

from scaicontrol_core.documents.mail import Handed, Mail, MailRefused, MailUnavailable, one_line

_ACCEPTED = (200, 201, 202)
_TOO_MANY, _SERVER_FAULT = 429, 500
#: What another attempt may mend: a key in flight, a timeout, a token that somebody corrects.
_LATER = frozenset({401, 403, 408, 409, 425})
_MAX_RETRY_AFTER_DIGITS = 6


@frozen(kw_only=True)
class ScaiSendSettings:
    """Where ScaiSend is, our token, and the address messages come from; ``seconds`` bounds a request."""

    url: str
    token: str = field(repr=False)
    from_address: str
    seconds: int = 50


@define
class ScaiSendMail:
    """A ``MailSender`` over ScaiSend. Close it when done."""

    channel: ClassVar[str] = "scaisend"

    settings: ScaiSendSettings
    _session: aiohttp.ClientSession | None = field(default=None, init=False)

    async def send(self, mail: Mail, idempotency_key: str) -> Handed:
        """Hand it over; see the port."""
        headers = {"Authorization": f"Bearer {self.settings.token}", "Idempotency-Key": idempotency_key}
        request = self._opened().post(
            f"{self.settings.url}/v1/messages", json=_body(mail, self.settings.from_address), headers=headers
        )
        try:
            async with request as answer:
                return _handed(answer.status, answer.headers.get("Retry-After"), await _json(answer))
        except aiohttp.ClientConnectorError as error:
            raise MailUnavailable("ScaiSend can't be reached.") from error
        except (aiohttp.ClientError, OSError) as error:  # a TimeoutError is an OSError
            raise MailUnavailable("ScaiSend gave no answer.", maybe_taken=True) from error

    async def close(self) -> None:
        """Close the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self.settings.seconds))
        return self._session


def _body(mail: Mail, from_address: str) -> dict[str, Any]:
    body: dict[str, Any] = {
        "from": {"name": one_line(mail.from_name), "email": from_address},
        "to": list(mail.to),
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
        "attachments": [
            {
                "filename": each.file_name,
                "content_type": each.content_type,
                "content_b64": base64.b64encode(each.content).decode(),
            }
            for each in mail.attachments
        ],
        "metadata": {"reference": mail.reference},
    }
    return body | ({"reply_to": mail.reply_to} if mail.reply_to else {})


async def _json(answer: aiohttp.ClientResponse) -> dict[str, Any]:
    try:
        found = await answer.json(content_type=None)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _handed(status: int, retry_after: str | None, body: dict[str, Any]) -> Handed:
    if status in _ACCEPTED:
        if not isinstance(body.get("id"), str) or not body["id"]:
            raise MailUnavailable("ScaiSend took the message and gave it no id.", maybe_taken=True)
        return Handed(message_id=body["id"])
    said = f"{status}{_reason(body)}"
    if status == _TOO_MANY:
        raise MailUnavailable(f"ScaiSend takes no more messages now: {said}.", retry_after=_asked(retry_after))
    if status >= _SERVER_FAULT:
        raise MailUnavailable(f"ScaiSend has a fault: {said}.", maybe_taken=True, retry_after=_asked(retry_after))
    if status in _LATER:
        hint = "Check SCAICONTROL_SCAISEND_TOKEN." if status in {401, 403} else None
        raise MailUnavailable(f"ScaiSend does not take the message now: {said}.", hint=hint)
    raise MailRefused(f"ScaiSend refuses the message: {said}.")


def _reason(body: dict[str, Any]) -> str:
    said = next((body[name] for name in ("detail", "message", "error") if isinstance(body.get(name), str)), "")
    return f" {one_line(said)[:200].rstrip('.')}" if said else ""


def _asked(retry_after: str | None) -> timedelta | None:
    """Read ``Retry-After`` in seconds; a date there is passed over, our own schedule serves."""
    text = (retry_after or "").strip()
    if not text.isdigit() or len(text) > _MAX_RETRY_AFTER_DIGITS:
        return None
    return timedelta(seconds=int(text))
