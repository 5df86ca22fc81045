"""What settings may not say together; each contradiction is noted with the variable to change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_adapters.setting_secret_checks import check_secrets, is_open, note

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaicontrol_adapters.settings import Settings
    from scaicontrol_core.kernel.checks import Findings

#: What each way of e-mails cannot do without.
_NEEDED_FOR_MAIL: Mapping[str, tuple[str, ...]] = {
    "folder": (),
    "smtp": ("mail_from", "smtp_host"),
    "scaisend": ("mail_from", "scaisend_url", "scaisend_token"),
}


def check(settings: Settings, findings: Findings) -> None:
    """Note what contradicts itself."""
    if settings.object_store == "s3" and not settings.s3_bucket:
        note(findings, "s3_bucket", "is needed for the object store s3")
    if settings.has("s3_access_key") != settings.has("s3_secret_key"):
        note(findings, "s3_secret_key", "and the access key are set together or not at all")
    for name in _NEEDED_FOR_MAIL[settings.mail.value]:
        if not settings.has(name):
            note(findings, name, f"is needed to send mail by {settings.mail.value}")
    if bool(settings.smtp_username) != settings.has("smtp_password"):
        note(findings, "smtp_password", "and the user name are set together or not at all")
    if settings.has_directory != settings.has("directory_client_secret"):
        note(findings, "directory_client_secret", "and the client id are set together or not at all")
    if settings.has_directory and not (settings.directory_url and settings.directory_token_url):
        note(findings, "directory_url", "or the address of ScaiKey is needed to read the directory")
    if settings.has("otlp_headers") and not settings.otlp_endpoint:
        note(findings, "otlp_endpoint", "is needed for headers to be sent to it")
    check_secrets(settings, findings)
    if settings.is_production:
        _check_production(settings, findings)


def _check_production(settings: Settings, findings: Findings) -> None:
    if settings.dev_issuer:
        note(findings, "dev_issuer", "may not be on in production: it gives a token to anyone who asks")
    if settings.webhook_allow_http:
        note(findings, "webhook_allow_http", "may not be on in production: anybody on the way could read them")
    if not settings.jwks_url:
        note(findings, "scaikey_url", "is needed in production: nobody could be told from anybody else")
    elif not settings.jwt_issuer:
        note(findings, "jwt_issuer", "is needed in production when only the place of the keys is given")
    if settings.has("otlp_headers") and is_open(settings.otlp_endpoint):
        note(findings, "otlp_endpoint", "must begin with https:// in production: headers for it are a secret")
    for name in _open_lines(settings):
        note(
            findings,
            name,
            "must begin with https:// in production: whoever changed the keys on the way could be anybody",
        )


def _open_lines(settings: Settings) -> tuple[str, ...]:
    """Return the settings by which keys or tokens would travel open to others, the one that was given first."""
    if is_open(settings.scaikey_url):
        return ("scaikey_url",)
    return tuple(
        name
        for name in ("jwks_url", "scaikey_me_url", "directory_url", "directory_token_url")
        if is_open(getattr(settings, name))
    )
