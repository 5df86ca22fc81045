"""SMTP: messages handed to a mail server."""

from scaicontrol_adapters.smtp.sender import SmtpMail, SmtpSettings

__all__ = ["SmtpMail", "SmtpSettings"]
