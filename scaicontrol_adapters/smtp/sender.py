"""Handing messages to an SMTP server.

SMTP has no idempotency key: a message whose last answer got lost (a crash, a broken line after DATA)
is sent again. Both copies bear the same Message-ID, made from the hand-over's key, by which mail
programs show them as one.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

import aiosmtplib
from attrs import field, frozen

from scaicontrol_adapters.mail.mime import ascii_address, mime_bytes, mime_message
from scaicontrol_adapters.secret_sources import SecretSource, as_source
from scaicontrol_adapters.settings import SmtpSecurity
from scaicontrol_core.documents.mail import Handed, Mail, MailRefused, MailUnavailable, without_surrogates
from scaicontrol_core.kernel.secrets import SecretsUnavailable

if TYPE_CHECKING:
    import ssl

    from aiosmtplib.response import SMTPResponse

_PERMANENT = 500
_CONFIGURATION = "Check the SCAICONTROL_SMTP_ settings."


@frozen(kw_only=True)
class SmtpSettings:
    """The server, and how to talk to it; ``seconds`` bounds a whole hand-over."""

    host: str
    port: int
    from_address: str
    security: SmtpSecurity = SmtpSecurity.STARTTLS
    username: str = ""
    password: SecretSource = field(default=None, converter=as_source, repr=False)
    seconds: int = 50
    tls_context: ssl.SSLContext | None = None


@frozen
class SmtpMail:
    """A ``MailSender`` over SMTP, one connection for each message."""

    channel: ClassVar[str] = "smtp"

    settings: SmtpSettings

    async def send(self, mail: Mail, idempotency_key: str) -> Handed:
        """Hand it over; see the port."""
        own = self.settings
        message = mime_message(mail, own.from_address, idempotency_key)
        to = [ascii_address(each) for each in mail.to]
        line = _Line(own, ascii_address(own.from_address))
        try:
            async with asyncio.timeout(own.seconds):
                refused = await line.hand_over(to, mime_bytes(message))
        except TimeoutError as late:
            raise MailUnavailable("The mail server did not answer in time.", maybe_taken=line.begun) from late
        except SecretsUnavailable as away:
            raise MailUnavailable(f"The password can't be had: {away.message}", hint=away.hint) from away
        return Handed(message_id=str(message["Message-ID"]), refused=tuple(refused))


class _Line:
    """One connection; ``begun`` tells whether the message itself may have been sent."""

    def __init__(self, settings: SmtpSettings, sender: str) -> None:
        self._settings = settings
        self._sender = sender
        self.begun = False
        self._client = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            use_tls=settings.security is SmtpSecurity.TLS,
            start_tls=settings.security is SmtpSecurity.STARTTLS,
            tls_context=settings.tls_context,
            timeout=settings.seconds,
        )

    async def hand_over(self, to: list[str], content: bytes) -> dict[str, SMTPResponse]:
        """Send, and return the recipients that were refused while others were not."""
        await self._open()
        try:
            self.begun = True
            refused, _ = await self._client.sendmail(self._sender, to, content)
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _refusal(error.recipients) from error
        except aiosmtplib.SMTPResponseException as error:
            raise _answered(error) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailUnavailable(f"The mail server was lost: {_line(str(error))}.", maybe_taken=True) from error
        finally:
            await self._close()
        return refused

    async def _open(self) -> None:
        """Connect and log in; once more if the password was changed meanwhile."""
        own = self._settings
        password = await own.password.get() if own.username else ""
        try:
            await self._log_in(password)
        except aiosmtplib.SMTPAuthenticationError as refused:
            await self._close()
            newer = await own.password.instead_of(password)
            if newer is None:
                raise MailUnavailable("The mail server refuses our password.", hint=_CONFIGURATION) from refused
            await self._log_in_anew(newer)

    async def _log_in_anew(self, password: str) -> None:
        try:
            await self._log_in(password)
        except aiosmtplib.SMTPAuthenticationError as error:
            await self._close()
            raise MailUnavailable("The mail server refuses our password.", hint=_CONFIGURATION) from error

    async def _log_in(self, password: str) -> None:
        try:
            await self._client.connect()
            if self._settings.username:
                await self._client.login(self._settings.username, password)
        except aiosmtplib.SMTPAuthenticationError:
            raise
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            await self._close()
            raise MailUnavailable(
                f"The mail server can't be reached: {_line(str(error))}.", hint=_CONFIGURATION
            ) from error

    async def _close(self) -> None:
        try:
            await self._client.quit(timeout=2)
        except (aiosmtplib.SMTPException, OSError):
            self._client.close()


def _refusal(recipients: list[aiosmtplib.SMTPRecipientRefused]) -> MailRefused | MailUnavailable:
    """Tell refused addresses: for good, unless the server may take one of them later."""
    said = "; ".join(f"{each.recipient}: {each.code} {_line(each.message)}" for each in recipients)
    if all(each.code >= _PERMANENT for each in recipients):
        return MailRefused(f"The mail server refuses all recipients: {said}.")
    return MailUnavailable(f"The mail server takes no recipient now: {said}.")


def _answered(error: aiosmtplib.SMTPResponseException) -> MailRefused | MailUnavailable:
    said = f"{error.code} {_line(error.message)}"
    if error.code >= _PERMANENT:
        return MailRefused(f"The mail server refuses the message: {said}.")
    return MailUnavailable(f"The mail server does not take it now: {said}.")


def _line(message: str) -> str:
    return " ".join(without_surrogates(message).split())[:200].rstrip(".")
