"""Every way of mail keeps the port's promises; each is tried against a server that is really there."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, cast

import pytest
from attrs import frozen

from scaicontrol_adapters.local.mail import MailFolder
from scaicontrol_adapters.mail.channels import mail_channel
from scaicontrol_adapters.mail.mime import mime_bytes, mime_message
from scaicontrol_adapters.scaisend import ScaiSendMail, ScaiSendSettings
from scaicontrol_adapters.settings import MailKind, Settings, SmtpSecurity
from scaicontrol_adapters.smtp import SmtpMail, SmtpSettings
from scaicontrol_core.documents.mail import Mail, MailAttachment, MailRefused, MailSender, MailUnavailable
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.testing.mail import MemoryMail
from scaicontrol_core.testing.secrets import MemorySecrets
from tests.adapters.mail.conftest import PASSWORD, TOKEN, USER, a_mail, attachments_of

FROM = "billing@scai.example"
Smtp = Callable[..., SmtpMail]


def smtp(port: int, **changes: Any) -> SmtpMail:
    known: dict[str, Any] = {"host": "127.0.0.1", "port": port, "from_address": FROM, "security": SmtpSecurity.NONE}
    return SmtpMail(SmtpSettings(**(known | changes)))


@frozen
class Way:
    """A way of mail, and how often a key's message arrived."""

    sender: MailSender
    arrived: Callable[[], int]
    once: bool = True


@pytest.fixture(params=["memory", "folder", "smtp", "scaisend"])
async def way(request: pytest.FixtureRequest, tmp_path: Path, smtp_server: Any, gateway: Any) -> AsyncIterator[Way]:
    """One way after the other."""
    scaisend = ScaiSendMail(ScaiSendSettings(url=gateway.url, token=TOKEN, from_address=FROM))
    memory = MemoryMail()
    ways = {
        "memory": Way(memory, lambda: len(memory.sent)),
        "folder": Way(MailFolder(tmp_path / "out", FROM), lambda: len(list((tmp_path / "out").iterdir()))),
        "smtp": Way(smtp(smtp_server.port), lambda: len(smtp_server.mailbox.taken), once=False),
        "scaisend": Way(scaisend, lambda: len(gateway.messages)),
    }
    yield ways[request.param]
    await scaisend.close()


async def test_a_message_is_handed_over_and_has_an_id(way: Way) -> None:
    handed = await way.sender.send(a_mail(), "snd_1.1")
    assert handed.message_id
    assert (handed.refused, way.arrived()) == ((), 1)


async def test_the_same_key_is_one_message_with_one_id(way: Way) -> None:
    first = await way.sender.send(a_mail(), "snd_1.1")
    assert await way.sender.send(a_mail(), "snd_1.1") == first
    assert way.arrived() == (1 if way.once else 2), "SMTP has no key; its copies share a Message-ID"
    other = await way.sender.send(a_mail(), "snd_1.2")
    assert other.message_id != first.message_id


def test_every_way_has_a_name_of_its_own() -> None:
    names = {kind.channel for kind in (MemoryMail, MailFolder, SmtpMail, ScaiSendMail)}
    assert names == {"memory", *(kind.value for kind in MailKind)}


# -- MIME: the folder, and SMTP ------------------------------------------------------------------


def read(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def same(message: EmailMessage, mail: Mail) -> None:
    """A message parsed back says what was sent, to the byte where bytes count."""
    assert [str(address.addr_spec) for address in message["To"].addresses] == list(mail.to)
    (sender,) = message["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (mail.from_name, FROM)
    assert str(message["Reply-To"]) == mail.reply_to
    assert str(message["Subject"]) == mail.subject
    assert message["Date"].datetime == mail.date
    assert message["Auto-Submitted"] == "auto-generated"
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().replace("\r\n", "\n") == mail.text
    assert html.get_content().replace("\r\n", "\n").rstrip("\n") == mail.html
    files = [
        MailAttachment(str(part.get_filename()), part.get_content_type(), cast("bytes", part.get_payload(decode=True)))
        for part in message.iter_attachments()
    ]
    assert tuple(files) == mail.attachments


async def test_an_eml_file_is_the_message(tmp_path: Path) -> None:
    await MailFolder(tmp_path, FROM).send(a_mail(), "snd_1.1")
    same(read((tmp_path / "snd_1.1.eml").read_bytes()), a_mail())


async def test_an_accepted_message_parses_back_equal(smtp_server: Any) -> None:
    handed = await smtp(smtp_server.port).send(a_mail(), "snd_1.1")
    (content,) = smtp_server.mailbox.taken
    message = read(content)
    same(message, a_mail())
    assert message["Message-ID"] == handed.message_id
    assert smtp_server.mailbox.recipients == [["anna@example.com", "ben@example.com"]]


def test_every_attempt_has_the_same_bytes_and_no_line_is_too_long() -> None:
    made = mime_bytes(mime_message(a_mail(), FROM, "k"))
    assert made == mime_bytes(mime_message(a_mail(), FROM, "k"))
    assert max(map(len, made.split(b"\r\n"))) <= 998
    assert b"\n" not in made.replace(b"\r\n", b"")


def test_no_header_can_be_smuggled_in() -> None:
    mail = a_mail(subject="Hi\r\nBcc: x@example.com", from_name="A\nB")
    message = read(mime_bytes(mime_message(mail, FROM, "k")))
    assert message["Bcc"] is None
    assert str(message["Subject"]) == "Hi Bcc: x@example.com"
    assert message["From"].addresses[0].display_name == "A B"


@pytest.mark.parametrize(
    "address", ["a,b@example.com", "grüße@example.com", "a b@example.com", "a@" + "x" * 70 + ".de"]
)
def test_addresses_that_no_header_can_hold_are_refused(address: str) -> None:
    with pytest.raises(MailRefused):
        mime_message(a_mail(to=(address,)), FROM, "k")


def test_an_international_domain_goes_by_its_ascii_name() -> None:
    message = mime_message(a_mail(to=("anna@müller.example",)), FROM, "k")
    assert message["To"].addresses[0].addr_spec == "anna@xn--mller-kva.example"


async def test_a_folder_that_cannot_be_written_is_for_later(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(MailUnavailable):
        await MailFolder(tmp_path / "file", FROM).send(a_mail(), "snd_1.1")


@pytest.mark.parametrize("key", ["", "../x", "a/b", "a" * 200])
async def test_no_key_leaves_the_folder(tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="file name"):
        await MailFolder(tmp_path, FROM).send(a_mail(), key)


# -- SMTP ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on_rcpt", "on_data", "error"),
    [
        ("550 no such user", None, MailRefused),
        ("450 greylisted", None, MailUnavailable),
        (None, "554 spam", MailRefused),
        (None, "451 disk full", MailUnavailable),
    ],
)
async def test_what_the_server_says_decides(
    smtp_server: Any, on_rcpt: str | None, on_data: str | None, error: type[Exception]
) -> None:
    smtp_server.mailbox.on_rcpt = (lambda _: on_rcpt) if on_rcpt else None
    smtp_server.mailbox.on_data = on_data
    with pytest.raises(error) as said:
        await smtp(smtp_server.port).send(a_mail(), "k")
    assert (on_rcpt or on_data or "").split(" ", 1)[1] in str(said.value)
    assert not getattr(said.value, "maybe_taken", False)


async def test_one_refused_recipient_stops_no_other(smtp_server: Any) -> None:
    smtp_server.mailbox.on_rcpt = lambda address: "550 no" if address.startswith("ben") else "250 OK"
    handed = await smtp(smtp_server.port).send(a_mail(), "k")
    assert handed.refused == ("ben@example.com",)
    assert smtp_server.mailbox.recipients == [["anna@example.com"]]


@pytest.mark.parametrize("drop", ["before", "after"])
async def test_a_line_that_breaks_around_data_leaves_it_open(smtp_server: Any, drop: str) -> None:
    smtp_server.mailbox.drop = drop
    with pytest.raises(MailUnavailable) as lost:
        await smtp(smtp_server.port).send(a_mail(), "k")
    assert lost.value.maybe_taken
    smtp_server.mailbox.drop = None
    await smtp(smtp_server.port).send(a_mail(), "k")
    assert len(smtp_server.mailbox.taken) == (2 if drop == "after" else 1)
    assert len({read(content)["Message-ID"] for content in smtp_server.mailbox.taken}) == 1


async def test_a_server_that_is_silent_or_not_there_is_for_later(smtp_server: Any) -> None:
    smtp_server.mailbox.silent = True
    with pytest.raises(MailUnavailable) as late:
        await smtp(smtp_server.port, seconds=1).send(a_mail(), "k")
    assert late.value.maybe_taken
    with pytest.raises(MailUnavailable) as nobody:
        await smtp(1).send(a_mail(), "k")
    assert not nobody.value.maybe_taken


async def test_starttls_and_a_login(guarded_smtp_server: Any, client_tls: ssl.SSLContext) -> None:
    guarded = {"security": SmtpSecurity.STARTTLS, "tls_context": client_tls, "username": USER}
    await smtp(guarded_smtp_server.port, password=PASSWORD, **guarded).send(a_mail(), "k")
    mailbox = guarded_smtp_server.mailbox
    assert (mailbox.users, mailbox.encrypted) == ([USER], [True])
    with pytest.raises(MailUnavailable, match="password"):
        await smtp(guarded_smtp_server.port, password="wrong", **guarded).send(a_mail(), "k")
    with pytest.raises(MailUnavailable):
        await smtp(guarded_smtp_server.port, security=SmtpSecurity.STARTTLS).send(a_mail(), "k")
    assert len(mailbox.taken) == 1, "a certificate that nobody vouches for is not trusted"


async def test_a_server_without_starttls_gets_nothing_in_the_clear(smtp_server: Any) -> None:
    with pytest.raises(MailUnavailable):
        await smtp(smtp_server.port, security=SmtpSecurity.STARTTLS).send(a_mail(), "k")
    assert smtp_server.mailbox.taken == []


async def test_tls_from_the_first_byte(tls_smtp_server: Any, client_tls: ssl.SSLContext) -> None:
    await smtp(tls_smtp_server.port, security=SmtpSecurity.TLS, tls_context=client_tls).send(a_mail(), "k")
    assert len(tls_smtp_server.mailbox.taken) == 1


# -- ScaiSend ------------------------------------------------------------------------------------


@pytest.fixture
async def scaisend(gateway: Any) -> AsyncIterator[ScaiSendMail]:
    """Our side of it."""
    sender = ScaiSendMail(ScaiSendSettings(url=gateway.url, token=TOKEN, from_address=FROM, seconds=2))
    yield sender
    await sender.close()


async def test_scaisend_gets_the_whole_message(gateway: Any, scaisend: ScaiSendMail) -> None:
    mail = a_mail()
    assert (await scaisend.send(mail, "k")).message_id == "msg_0"
    body = gateway.messages["k"]
    assert body["from"] == {"name": mail.from_name, "email": FROM}
    assert (body["to"], body["reply_to"]) == (list(mail.to), mail.reply_to)
    assert (body["subject"], body["text"], body["html"]) == (mail.subject, mail.text, mail.html)
    assert attachments_of(body) == [(each.file_name, each.content_type, each.content) for each in mail.attachments]
    assert body["metadata"] == {"reference": "snd_1"}


@pytest.mark.parametrize(
    ("status", "headers", "maybe_taken", "asked"),
    [
        (429, {"Retry-After": "120"}, False, timedelta(seconds=120)),
        (429, {}, False, None),
        (503, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, True, None),
        (500, {}, True, None),
        (409, {}, True, None),  # the key is known: an earlier attempt may be under way
        (307, {"Location": "/elsewhere"}, False, None),
        (202, {}, True, None),  # an answer without an id
    ],
)
async def test_what_may_be_better_later(
    gateway: Any,
    scaisend: ScaiSendMail,
    status: int,
    headers: dict[str, str],
    maybe_taken: bool,  # noqa: FBT001
    asked: timedelta | None,
) -> None:
    gateway.answers = [(status, {"detail": "not now"}, headers)]
    with pytest.raises(MailUnavailable) as later:
        await scaisend.send(a_mail(), "k")
    assert (later.value.maybe_taken, later.value.retry_after) == (maybe_taken, asked)
    assert (await scaisend.send(a_mail(), "k")).message_id == "msg_0"


@pytest.mark.parametrize("status", [400, 413, 422])
async def test_what_scaisend_refuses_is_refused(gateway: Any, scaisend: ScaiSendMail, status: int) -> None:
    gateway.answers = [(status, {"detail": "no such domain"}, {})]
    with pytest.raises(MailRefused, match="no such domain"):
        await scaisend.send(a_mail(), "k")


@pytest.mark.parametrize("drop", ["before", "after"])
async def test_an_answer_that_got_lost_is_asked_for_again(gateway: Any, scaisend: ScaiSendMail, drop: str) -> None:
    gateway.drop = drop
    with pytest.raises(MailUnavailable) as lost:
        await scaisend.send(a_mail(), "k")
    assert lost.value.maybe_taken
    assert (await scaisend.send(a_mail(), "k")).message_id == "msg_0"
    assert (len(gateway.messages), gateway.requests) == (1, ["k", "k"])


async def test_a_wrong_token_waits_for_somebody_to_mend_it(gateway: Any) -> None:
    sender = ScaiSendMail(ScaiSendSettings(url=gateway.url, token="wrong", from_address=FROM))
    with pytest.raises(MailUnavailable, match="unknown token"):
        await sender.send(a_mail(), "k")
    await sender.close()


async def test_a_gateway_that_is_silent_or_not_there_is_for_later(gateway: Any, scaisend: ScaiSendMail) -> None:
    gateway.silent = True
    with pytest.raises(MailUnavailable) as late:
        await scaisend.send(a_mail(), "k")
    assert late.value.maybe_taken
    away = ScaiSendMail(ScaiSendSettings(url="http://127.0.0.1:1", token=TOKEN, from_address=FROM))
    with pytest.raises(MailUnavailable) as nobody:
        await away.send(a_mail(), "k")
    assert not nobody.value.maybe_taken
    await away.close()


# -- by the settings -----------------------------------------------------------------------------


def test_the_settings_choose_the_way(tmp_path: Path) -> None:
    assert isinstance(mail_channel(Settings(data_dir=tmp_path), MemorySecrets()), MailFolder)
    by_smtp = {"SCAICONTROL_MAIL": "smtp", "SCAICONTROL_MAIL_FROM": FROM, "SCAICONTROL_SMTP_HOST": "mx.example"}
    sender = mail_channel(Settings.from_environment(by_smtp), MemorySecrets())
    assert isinstance(sender, SmtpMail)
    assert (sender.settings.port, sender.settings.security) == (587, SmtpSecurity.STARTTLS)
    by_http = {
        "SCAICONTROL_MAIL": "scaisend",
        "SCAICONTROL_MAIL_FROM": FROM,
        "SCAICONTROL_SCAISEND_URL": "https://send.example/",
        "SCAICONTROL_SCAISEND_TOKEN": TOKEN,
    }
    assert isinstance(mail_channel(Settings.from_environment(by_http), MemorySecrets()), ScaiSendMail)


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"MAIL": "smtp"}, ["MAIL_FROM", "SMTP_HOST"]),
        ({"MAIL": "scaisend", "MAIL_FROM": FROM}, ["SCAISEND_URL", "SCAISEND_TOKEN"]),
        ({"MAIL_FROM": "nobody"}, ["MAIL_FROM"]),
        ({"SMTP_USERNAME": "scai"}, ["SMTP_PASSWORD"]),
        ({"SCAISEND_WEBHOOK_SECRET": "whsec_plain-secret!"}, ["SCAISEND_WEBHOOK_SECRET"]),
        ({"SCAISEND_WEBHOOK_SECRET": "whsec_c2hvcnQ="}, ["SCAISEND_WEBHOOK_SECRET"]),
    ],
)
def test_what_a_way_needs_is_asked_for_at_start(given: dict[str, str], wrong: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        Settings.from_environment({f"SCAICONTROL_{name}": value for name, value in given.items()})
    assert [each.pointer for each in refused.value.fields] == [f"/SCAICONTROL_{name}" for name in wrong]
