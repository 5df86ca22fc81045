"""Which way messages leave, by the settings."""

# ruff: noqa: PLC0415  # only the channel in use is loaded

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scaicontrol_adapters.secret_sources import source_of
from scaicontrol_adapters.settings import MailKind

if TYPE_CHECKING:
    from scaicontrol_adapters.settings import Settings
    from scaicontrol_core.documents.mail import MailSender
    from scaicontrol_core.kernel.secrets import Secrets


def mail_channel(settings: Settings, secrets: Secrets) -> MailSender:
    """Return the sender of the settings; it connects, and asks for its password, when it sends."""
    if settings.mail is MailKind.SMTP:
        from scaicontrol_adapters.smtp import SmtpMail, SmtpSettings

        return SmtpMail(
            SmtpSettings(
                host=settings.smtp_host,
                port=settings.smtp_port,
                from_address=settings.mail_from,
                security=settings.smtp_security,
                username=settings.smtp_username,
                password=source_of(settings, secrets, "smtp_password"),
            )
        )
    if settings.mail is MailKind.SCAISEND:
        from scaicontrol_adapters.scaisend import ScaiSendMail, ScaiSendSettings

        return ScaiSendMail(
            ScaiSendSettings(
                url=settings.scaisend_url,
                token=source_of(settings, secrets, "scaisend_token"),
                from_address=settings.mail_from,
            )
        )
    from scaicontrol_adapters.local.mail import MailFolder

    return MailFolder(settings.mail_dir, settings.mail_from or _own_address(settings))


def _own_address(settings: Settings) -> str:
    """Return the address that stands on messages which never leave the machine."""
    return f"billing@{urlsplit(settings.public_url).hostname or 'localhost'}"
