"""Passwords of mail services are asked for when they are needed, and once more when they were refused."""

from __future__ import annotations

import ssl
from typing import Any

import pytest

from scaicontrol_adapters.scaisend import ScaiSendMail, ScaiSendSettings
from scaicontrol_adapters.secret_sources import StoredSecret
from scaicontrol_adapters.settings import SmtpSecurity
from scaicontrol_adapters.smtp import SmtpMail, SmtpSettings
from scaicontrol_core.documents.mail import MailUnavailable
from scaicontrol_core.kernel.secrets import Secret, SecretsUnavailable
from scaicontrol_core.testing.secrets import MemorySecrets
from tests.adapters.mail.conftest import PASSWORD, TOKEN, USER, a_mail

OLD, FROM = "planted-old-88", "billing@house.example"


class Behind(MemorySecrets):
    """A store that remembers too long: only ``refresh`` gives the newest."""

    async def get(self, path: str, version: int | None = None) -> Secret:
        """Return the first version."""
        return await super().get(path, 1)

    async def refresh(self, path: str) -> Secret:
        """Return the newest version."""
        return await super().get(path)


async def rotated(new: str) -> tuple[Behind, StoredSecret]:
    """Return a source that gives the old value, and the new one if that is refused."""
    secrets = Behind()
    await secrets.put("mail", OLD)
    await secrets.put("mail", new)
    return secrets, StoredSecret(secrets, "mail", "SCAICONTROL_X_VAULT_PATH")


def smtp(port: int, source: Any, tls: ssl.SSLContext) -> SmtpMail:
    """Return a sender that logs in with what the source gives."""
    return SmtpMail(
        SmtpSettings(
            host="localhost",
            port=port,
            from_address=FROM,
            security=SmtpSecurity.STARTTLS,
            tls_context=tls,
            username=USER,
            password=source,
        )
    )


async def test_a_password_that_was_changed_is_found_by_itself(
    guarded_smtp_server: Any, client_tls: ssl.SSLContext
) -> None:
    _, source = await rotated(PASSWORD)
    sender = smtp(guarded_smtp_server.port, source, client_tls)
    await sender.send(a_mail(), "k")
    assert len(guarded_smtp_server.mailbox.taken) == 1
    assert OLD not in repr(sender)


async def test_a_wrong_password_is_tried_once_more_if_there_is_another(
    guarded_smtp_server: Any, client_tls: ssl.SSLContext
) -> None:
    _, source = await rotated("wrong as well")
    with pytest.raises(MailUnavailable, match="refuses our password") as refused:
        await smtp(guarded_smtp_server.port, source, client_tls).send(a_mail(), "k")
    tried = len(guarded_smtp_server.mailbox.users)
    _, source = await rotated(OLD)
    with pytest.raises(MailUnavailable):
        await smtp(guarded_smtp_server.port, source, client_tls).send(a_mail(), "k")
    assert len(guarded_smtp_server.mailbox.users) == tried + tried // 2
    assert OLD not in f"{refused.value} {refused.value.__cause__!r}"


async def test_a_token_that_was_changed_is_found_by_itself(gateway: Any) -> None:
    _, source = await rotated(TOKEN)
    sender = ScaiSendMail(ScaiSendSettings(url=gateway.url, token=source, from_address=FROM))
    await sender.send(a_mail(), "k")
    assert gateway.requests == ["k", "k"]
    _, source = await rotated("wrong as well")
    other = ScaiSendMail(ScaiSendSettings(url=gateway.url, token=source, from_address=FROM))
    with pytest.raises(MailUnavailable, match="401"):
        await other.send(a_mail(), "k2")
    assert gateway.requests == ["k", "k", "k2", "k2"]
    for each in (sender, other):
        await each.close()


async def test_while_the_store_is_away_mail_waits(gateway: Any, smtp_server: Any, client_tls: ssl.SSLContext) -> None:
    async def away(_: str) -> None:
        raise SecretsUnavailable("The secret store is away.", hint="Wait.")

    source = StoredSecret(MemorySecrets(before=away), "mail", "X")
    by_http = ScaiSendMail(ScaiSendSettings(url=gateway.url, token=source, from_address=FROM))
    for sender in (by_http, smtp(smtp_server.port, source, client_tls)):
        with pytest.raises(MailUnavailable, match="away") as late:
            await sender.send(a_mail(), "k")
        assert not late.value.maybe_taken
    await by_http.close()
    assert gateway.requests == []


@pytest.mark.parametrize("kept", [None, "two\nlines", " "])
async def test_what_cannot_be_a_token_is_told_by_its_path(gateway: Any, kept: str | None) -> None:
    secrets = MemorySecrets()
    if kept is not None:
        await secrets.put("mail", kept)
    sender = ScaiSendMail(
        ScaiSendSettings(url=gateway.url, token=StoredSecret(secrets, "mail", "SETTING"), from_address=FROM)
    )
    with pytest.raises(MailUnavailable, match="SETTING names the path 'mail'") as wrong:
        await sender.send(a_mail(), "k")
    assert "two" not in str(wrong.value)
    assert gateway.requests == []
    await sender.close()
