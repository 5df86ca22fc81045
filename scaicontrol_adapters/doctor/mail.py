"""Mail: the server greets us, protects the line and takes our password; nothing is sent."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import aiohttp
import aiosmtplib

from scaicontrol_adapters.doctor.finding import Finding, ok, warning, wrong
from scaicontrol_adapters.secret_sources import source_of
from scaicontrol_adapters.secret_store import secret_store
from scaicontrol_adapters.settings import MailKind, SmtpSecurity

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scaicontrol_adapters.settings import Settings

_SECONDS = 8
_FAULT = 500
_REFUSED = frozenset({401, 403})


async def look(settings: Settings) -> AsyncIterator[Finding]:
    """Look at the way of e-mails of the settings."""
    if settings.mail is MailKind.SMTP:
        yield await _smtp(settings)
        if settings.smtp_security is SmtpSecurity.NONE and settings.smtp_host not in {"localhost", "127.0.0.1"}:
            yield warning("mail.line", "Messages and password travel open.", "Set SCAICONTROL_SMTP_SECURITY=starttls.")
    elif settings.mail is MailKind.SCAISEND:
        yield await _scaisend(settings)
    else:
        yield await asyncio.to_thread(_folder, settings)


async def _secret(settings: Settings, name: str) -> str:
    """Return a secret as it is used: of the settings, or of the store."""
    return await source_of(settings, secret_store(settings), name).get()


def _folder(settings: Settings) -> Finding:
    folder = settings.mail_dir
    near = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    if not os.access(near, os.W_OK):
        return wrong("mail", f"{folder} can't be written.", "Let this user write there, or mend SCAICONTROL_MAIL_DIR.")
    if settings.is_production:
        return warning("mail", f"Messages only become files in {folder}.", "Set SCAICONTROL_MAIL to smtp or scaisend.")
    return ok("mail", f"Messages become files in {folder}.")


async def _smtp(settings: Settings) -> Finding:
    place = f"{settings.smtp_host}:{settings.smtp_port}"
    client = aiosmtplib.SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        use_tls=settings.smtp_security is SmtpSecurity.TLS,
        start_tls=settings.smtp_security is SmtpSecurity.STARTTLS,
        timeout=_SECONDS,
    )
    try:
        await client.connect()
        if settings.smtp_username:
            await client.login(settings.smtp_username, await _secret(settings, "smtp_password"))
    except aiosmtplib.SMTPAuthenticationError:
        return wrong("mail", f"{place} refuses our password.", "Mend SCAICONTROL_SMTP_USERNAME and …_PASSWORD.")
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        return wrong(
            "mail",
            f"{place} can't be used: {type(error).__name__}.",
            "Mend SCAICONTROL_SMTP_HOST, …_PORT and …_SECURITY, or start it.",
        )
    else:
        return ok("mail", f"{place} greets us" + (" and takes our password." if settings.smtp_username else "."))
    finally:
        client.close()


async def _scaisend(settings: Settings) -> Finding:
    try:
        headers = {"Authorization": f"Bearer {await _secret(settings, 'scaisend_token')}"}
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_SECONDS)) as session,
            session.get(f"{settings.scaisend_url}/v1/messages", headers=headers, allow_redirects=False) as answer,
        ):
            status = answer.status
    except (aiohttp.ClientError, TimeoutError, OSError):
        return wrong("mail", "ScaiSend does not answer.", "Mend SCAICONTROL_SCAISEND_URL, or ask whether it is up.")
    if status in _REFUSED:
        return wrong("mail", "ScaiSend refuses our token.", "Mend SCAICONTROL_SCAISEND_TOKEN.")
    if status >= _FAULT:
        return wrong("mail", f"ScaiSend answers {status}.", "Ask whether it is up.")
    return ok("mail", "ScaiSend answers.")
