"""What a setting with a choice may be."""

from __future__ import annotations

from enum import StrEnum


class Environment(StrEnum):
    """What kind of installation this is."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class ObjectStoreKind(StrEnum):
    """Where documents are kept."""

    FOLDER = "folder"
    S3 = "s3"


class MailKind(StrEnum):
    """Which way e-mails leave."""

    FOLDER = "folder"
    SMTP = "smtp"
    SCAISEND = "scaisend"


class SmtpSecurity(StrEnum):
    """How the line to the mail server is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class LogFormat(StrEnum):
    """How log lines look."""

    JSON = "json"
    CONSOLE = "console"


class LogLevel(StrEnum):
    """The least important lines that are written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
