"""SMTP: messages handed to a mail server."""

from scaicontrol_adapters.smtp.sender import SmtpMail, SmtpSecurity, SmtpSettings

__all__ = ["SmtpMail", "SmtpSecurity", "SmtpSettings"]
