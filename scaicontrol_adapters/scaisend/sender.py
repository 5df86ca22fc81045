"""Handing messages to ScaiSend: ``POST /v1/messages`` with an idempotency key."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import aiohttp
from attrs import define, field, frozen

from scaicontrol_adapters.secret_sources import SecretSource, as_source
from scaicontrol_adapters.tracing import answered, calling
from scaicontrol_core.documents.mail import Handed, Mail, MailRefused, MailUnavailable, one_line, without_surrogates
from scaicontrol_core.kernel.secrets import SecretsUnavailable

if TYPE_CHECKING:
    from scaicontrol_adapters.tracing import Span

_ACCEPTED = range(200, 300)
_TOO_MANY, _SERVER_FAULT = 429, 500
#: What another attempt may mend: a key in flight, a timeout, a token that somebody corrects.
_LATER = frozenset({401, 403, 408, 409, 425})
#: Of these, where an earlier attempt of the same key may be under way.
_MAYBE_TAKEN = frozenset({408, 409})
_ELSEWHERE = range(300, 400)
_CHECK_TOKEN, _CHECK_URL = "Check SCAICONTROL_SCAISEND_TOKEN.", "Check SCAICONTROL_SCAISEND_URL."
_TOKEN_REFUSED = frozenset({401, 403})
_HINTS = {401: _CHECK_TOKEN, 403: _CHECK_TOKEN}
_MAX_RETRY_AFTER_DIGITS = 6
#: Longest answer that is read, and longest id that is kept (the reference in its reports serves as well).
_MAX_ANSWER, _MAX_ID = 64 * 1024, 191


@frozen(kw_only=True)
class ScaiSendSettings:
    """Where ScaiSend is, our token, and the address messages come from; ``seconds`` bounds a request."""

    url: str
    token: SecretSource = field(converter=as_source, repr=False)
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
        try:
            token = await self.settings.token.get()
            status, retry_after, body = await self._post(mail, idempotency_key, token)
            if status in _TOKEN_REFUSED and (newer := await self.settings.token.instead_of(token)) is not None:
                status, retry_after, body = await self._post(mail, idempotency_key, newer)
        except SecretsUnavailable as away:
            raise MailUnavailable(f"The token for ScaiSend can't be had: {away.message}", hint=away.hint) from away
        return _handed(status, retry_after, body)

    async def _post(self, mail: Mail, idempotency_key: str, token: str) -> tuple[int, str | None, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": idempotency_key}
        try:
            with calling("scaisend", "POST", headers) as span:
                return await self._posted(mail, headers, token, span)
        except aiohttp.ClientConnectorError as error:
            raise MailUnavailable("ScaiSend can't be reached.") from error
        except (aiohttp.ClientError, OSError) as error:  # a TimeoutError is an OSError
            raise MailUnavailable("ScaiSend gave no answer.", maybe_taken=True) from error

    async def _posted(
        self, mail: Mail, headers: dict[str, str], token: str, span: Span
    ) -> tuple[int, str | None, dict[str, Any]]:
        request = self._opened().post(
            f"{self.settings.url}/v1/messages",
            json=_body(mail, self.settings.from_address),
            headers=headers,
            allow_redirects=False,  # no document goes, and no POST becomes a GET, where a redirect says
        )
        async with request as answer:
            answered(span, answer.status)
            return answer.status, answer.headers.get("Retry-After"), await _json(answer, token)

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
        "subject": one_line(mail.subject),
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


async def _json(answer: aiohttp.ClientResponse, token: str) -> dict[str, Any]:
    """Return the answer's object; nothing for one that is none, or endless. Who repeats our token is not repeated."""
    read = bytearray()
    async for piece in answer.content.iter_any():
        read += piece
        if len(read) > _MAX_ANSWER:
            return {}
    try:
        found = json.loads(bytes(read).replace(token.encode() or b"\0", b"[redacted]"))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _handed(status: int, retry_after: str | None, body: dict[str, Any]) -> Handed:
    if status in _ACCEPTED:
        if not isinstance(body.get("id"), str) or not body["id"]:
            raise MailUnavailable("ScaiSend took the message and gave it no id.", maybe_taken=True)
        return Handed(message_id=without_surrogates(body["id"])[:_MAX_ID])
    said = f"{status}{_reason(body)}"
    if status == _TOO_MANY:
        raise MailUnavailable(f"ScaiSend takes no more messages now: {said}.", retry_after=_asked(retry_after))
    if status >= _SERVER_FAULT:
        raise MailUnavailable(f"ScaiSend has a fault: {said}.", maybe_taken=True, retry_after=_asked(retry_after))
    if status in _LATER or status in _ELSEWHERE:
        hint = _HINTS.get(status, _CHECK_URL if status in _ELSEWHERE else None)
        maybe = status in _MAYBE_TAKEN
        raise MailUnavailable(f"ScaiSend does not take the message now: {said}.", maybe_taken=maybe, hint=hint)
    raise MailRefused(f"ScaiSend refuses the message: {said}.")


def _reason(body: dict[str, Any]) -> str:
    said = next((body[name] for name in ("detail", "message", "error") if isinstance(body.get(name), str)), "")
    return f" {one_line(without_surrogates(said))[:200].rstrip('.')}" if said else ""


def _asked(retry_after: str | None) -> timedelta | None:
    """Read ``Retry-After`` in seconds; a date there is passed over, our own schedule serves."""
    text = (retry_after or "").strip()
    if not text.isdigit() or len(text) > _MAX_RETRY_AFTER_DIGITS:
        return None
    return timedelta(seconds=int(text))
