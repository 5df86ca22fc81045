"""What customers, servers and gateways may write, and what of it never gets into a message or our books."""

from __future__ import annotations

import asyncio
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiosmtpd.smtp import SMTP
from hypothesis import given, settings
from hypothesis import strategies as st

from scaicontrol_adapters.local.mail import MailFolder
from scaicontrol_adapters.mail.mime import mime_bytes, mime_message
from scaicontrol_adapters.scaisend import ScaiSendMail, ScaiSendSettings
from scaicontrol_adapters.settings import SmtpSecurity
from scaicontrol_adapters.smtp import SmtpMail, SmtpSettings
from scaicontrol_core.documents.mail import MailAttachment, MailRefused, MailUnavailable, one_line
from tests.adapters.mail.conftest import PASSWORD, TOKEN, USER, Mailbox, a_mail

FROM = "billing@scai.example"
#: Once decoded, line breaks and another header: what Python's own e-mail package would have written out.
ENCODED = "=?utf-8?q?Hi=0D=0ABcc:_evil@example.com?="
ORDINARY = {
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "Content-Language",
    "MIME-Version",
    "Content-Type",
}
PIECES = st.lists(
    st.one_of(
        st.sampled_from(["=?", "?=", "=\x00?", "utf-8?q?", "utf-8?b?", "=0D=0A", "Bcc: x@y.example", "\r\n", "\u2028"]),
        st.text(max_size=8),
    ),
    max_size=12,
).map("".join)


def written(**changes: Any) -> Any:
    return message_from_bytes(mime_bytes(mime_message(a_mail(**changes), FROM, "k")), policy=default)


def letters(text: str) -> str:
    """Return a text without blanks: where a long header is folded, Python may add one."""
    return "".join(text.split())


@pytest.mark.parametrize("place", ["subject", "from_name"])
def test_an_encoded_word_in_a_name_writes_no_header(place: str) -> None:
    message = written(**{place: ENCODED})
    assert message["Bcc"] is None
    assert {each.addr_spec for each in message["From"].addresses} == {FROM}
    shown = message["Subject"] if place == "subject" else message["From"].addresses[0].display_name
    assert str(shown) == "= ?utf-8?q?Hi=0D=0ABcc:_evil@example.com?="


@settings(max_examples=50)
@given(name=PIECES, subject=PIECES)
def test_whatever_a_name_and_a_subject_hold_the_headers_are_ours(name: str, subject: str) -> None:
    message = written(from_name=name, subject=subject)
    assert set(message.keys()) <= ORDINARY
    assert [each.addr_spec for each in message["From"].addresses] == [FROM]
    assert [each.addr_spec for each in message["To"].addresses] == ["anna@example.com", "ben@example.com"]
    assert letters(str(message["Subject"])) == letters(one_line(subject))
    assert letters(message["From"].addresses[0].display_name) == letters(one_line(name))


def test_no_control_character_and_no_turned_writing_stands_in_a_header() -> None:
    message = written(subject="Pay\x00 \x1b[31mnow\x7f", from_name="\u202egnp.ecilA\ud800")
    assert str(message["Subject"]) == "Pay [31mnow"
    assert message["From"].addresses[0].display_name == "gnp.ecilA"


def test_an_address_of_our_own_with_an_international_domain_serves() -> None:
    made = mime_message(a_mail(), "billing@müller.example", "k")
    assert made["From"].addresses[0].addr_spec == "billing@xn--mller-kva.example"
    assert made["Message-ID"].endswith("@xn--mller-kva.example>")


# -- servers that say what no database keeps ---------------------------------------------------------


def smtp(port: int, **changes: Any) -> SmtpMail:
    known: dict[str, Any] = {"host": "127.0.0.1", "port": port, "from_address": FROM, "security": SmtpSecurity.NONE}
    return SmtpMail(SmtpSettings(**(known | changes)))


async def test_a_mail_server_that_answers_in_latin_1_is_understood() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mx.test\r\n")
        while (line := await reader.readline()) and not line.startswith(b"QUIT"):
            writer.write("550 ungültig\r\n".encode("latin-1") if line.startswith(b"RCPT") else b"250 OK\r\n")
        writer.close()
        await writer.wait_closed()
        done.set()

    done = asyncio.Event()
    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        with pytest.raises(MailRefused) as said:
            await smtp(server.sockets[0].getsockname()[1]).send(a_mail(), "k")
        await done.wait()
    assert "ung?ltig" in said.value.message


async def test_no_password_stands_in_an_error(guarded_smtp_server: Any, client_tls: Any) -> None:
    wrong = "not the password"
    sender = smtp(
        guarded_smtp_server.port,
        host="localhost",
        security=SmtpSecurity.STARTTLS,
        tls_context=client_tls,
        username=USER,
        password=wrong,
    )
    with pytest.raises(MailUnavailable) as said:
        await sender.send(a_mail(), "k")
    for shown in (str(said.value), repr(said.value), repr(said.value.hint), repr(sender), repr(sender.settings)):
        assert wrong not in shown
        assert PASSWORD not in shown


async def test_a_big_file_arrives_whole_and_one_too_big_is_refused(smtp_server: Any, tmp_path: Path) -> None:
    big = MailAttachment("big.pdf", "application/pdf", bytes(range(256)) * 8 * 1024)  # 2 MiB
    await smtp(smtp_server.port).send(a_mail(attachments=(big,)), "k")
    (taken,) = smtp_server.mailbox.taken
    (attached,) = message_from_bytes(taken, policy=default).iter_attachments()
    assert attached.get_content() == big.content
    await MailFolder(tmp_path, FROM).send(a_mail(attachments=(big,)), "k")
    assert (tmp_path / "k.eml").stat().st_size > len(big.content)
    small, loop = Mailbox(), asyncio.get_running_loop()
    async with await loop.create_server(lambda: SMTP(small, data_size_limit=2**20), "127.0.0.1", 0) as server:
        with pytest.raises(MailRefused, match="552"):
            await smtp(server.sockets[0].getsockname()[1]).send(a_mail(attachments=(big,)), "k")
    assert not small.taken


# -- ScaiSend ------------------------------------------------------------------------------------------


def scaisend(url: str) -> ScaiSendMail:
    return ScaiSendMail(ScaiSendSettings(url=url, token=TOKEN, from_address=FROM, seconds=5))


async def test_a_redirect_is_not_followed_with_a_customer_s_invoice(gateway: Any) -> None:
    sender = scaisend(gateway.url)
    for status in (301, 302, 303, 307, 308):
        gateway.answers = [(status, {}, {"Location": f"{gateway.url}/v1/messages"})]
        with pytest.raises(MailUnavailable) as sent_away:
            await sender.send(a_mail(), "k")
        assert sent_away.value.hint == "Check SCAICONTROL_SCAISEND_URL."
        assert not sent_away.value.maybe_taken
    assert not gateway.messages
    await sender.close()


async def test_odd_answers_of_scaisend_are_kept_in_bounds(gateway: Any) -> None:
    sender = scaisend(gateway.url)
    gateway.answers = [(202, {"id": "\ud800" + "m" * 500}, {})]
    handed = await sender.send(a_mail(), "k")
    assert (handed.message_id[0], len(handed.message_id)) == ("?", 191)
    gateway.answers = [(422, {"detail": "bad \ud800\r\nname " + "x" * 999}, {})]
    with pytest.raises(MailRefused) as refused:
        await sender.send(a_mail(), "k")
    assert str(refused.value).encode()
    assert len(str(refused.value)) < 300
    await sender.close()


@pytest.mark.parametrize("body", [b"[" * 30_000, b'{"id": "' + b"x" * 10**6 + b'"}', b"\xff", b"[]", b""])
async def test_an_answer_that_nobody_can_read_leaves_it_open(body: bytes) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=202, body=body, content_type="application/json")

    app = web.Application(client_max_size=10**8)
    app.router.add_post("/v1/messages", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sender = scaisend(f"http://127.0.0.1:{runner.addresses[0][1]}")
    with pytest.raises(MailUnavailable) as unclear:
        await sender.send(a_mail(), "k")
    assert unclear.value.maybe_taken
    await sender.close()
    await runner.cleanup()
