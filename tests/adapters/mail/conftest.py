"""Real servers for mail: an SMTP server in this process, and an HTTP server that speaks ScaiSend's contract."""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from attrs import define, field, frozen
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from scaicontrol_core.documents.mail import Mail, MailAttachment

USER, PASSWORD = "scai", "s3cret"
TOKEN = "token-of-ours"


def a_mail(**changes: Any) -> Mail:
    """A message with umlauts wherever they may stand."""
    known: dict[str, Any] = {
        "from_name": "Müller, Söhne & Co",
        "reply_to": "billing@mueller.example",
        "to": ("anna@example.com", "ben@example.com"),
        "subject": "Räkning № 7 – på väg",
        "html": '<p>Grüße, <b>żółć</b> €</p><p><a href="https://x.example/?a=1&amp;b=2">hier</a></p>' + "lang " * 400,
        "text": "Grüße, żółć €\nhier <https://x.example/?a=1&b=2>\n",
        "language": "de",
        "date": datetime(2026, 1, 31, 9, 30, tzinfo=UTC),
        "attachments": (
            MailAttachment("Faktura åäö.pdf", "application/pdf", bytes(range(256)) * 20),
            MailAttachment("SCAI-2026-000042.xml", "application/xml", "<é/>".encode()),
        ),
        "reference": "snd_1",
    }
    return Mail(**(known | changes))


@define
class Mailbox:
    """What the SMTP server took, and how it is to behave."""

    taken: list[bytes] = field(factory=list)
    recipients: list[list[str]] = field(factory=list)
    users: list[str] = field(factory=list)
    encrypted: list[bool] = field(factory=list)
    on_rcpt: Callable[[str], str] | None = None
    on_data: str | None = None
    drop: str | None = None
    """``before`` or ``after`` the message was taken the line breaks."""
    silent: bool = False

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Answer a recipient."""
        answer = self.on_rcpt(address) if self.on_rcpt else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a message, or do not."""
        if self.silent:
            await asyncio.sleep(3600)
        if self.on_data:
            return self.on_data
        if self.drop != "before":
            self.taken.append(envelope.original_content or b"")
            self.recipients.append(list(envelope.rcpt_tos))
            self.encrypted.append(session.ssl is not None)
        if self.drop:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return "250 taken"

    def authenticate(self, *arguments: Any) -> AuthResult:
        """Let the one user in."""
        given = arguments[-1]
        assert isinstance(given, LoginPassword)
        self.users.append(given.login.decode())
        return AuthResult(success=given.password == PASSWORD.encode(), handled=False)


@frozen
class MailServer:
    """A running SMTP server."""

    port: int
    mailbox: Mailbox


@pytest.fixture
async def smtp_server() -> AsyncIterator[MailServer]:
    """A plain SMTP server."""
    mailbox = Mailbox()
    async with await _listening(lambda: SMTP(mailbox, hostname="mx.test")) as server:
        yield MailServer(_port(server), mailbox)


@pytest.fixture
async def guarded_smtp_server(server_tls: ssl.SSLContext) -> AsyncIterator[MailServer]:
    """One that wants STARTTLS and a login."""
    mailbox = Mailbox()

    def protocol() -> SMTP:
        return SMTP(
            mailbox,
            hostname="mx.test",
            tls_context=server_tls,
            require_starttls=True,
            auth_required=True,
            authenticator=mailbox.authenticate,
        )

    async with await _listening(protocol) as server:
        yield MailServer(_port(server), mailbox)


@pytest.fixture
async def tls_smtp_server(server_tls: ssl.SSLContext) -> AsyncIterator[MailServer]:
    """One that speaks TLS from the first byte."""
    mailbox = Mailbox()
    async with await _listening(lambda: SMTP(mailbox, hostname="mx.test"), ssl=server_tls) as server:
        yield MailServer(_port(server), mailbox)


async def _listening(protocol: Callable[[], asyncio.Protocol], **options: Any) -> asyncio.Server:
    return await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0, **options)


def _port(server: asyncio.Server) -> int:
    port: int = server.sockets[0].getsockname()[1]
    return port


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of localhost with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture(scope="session")
def server_tls(certificate: Path) -> ssl.SSLContext:
    """The server's side of TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture(scope="session")
def client_tls(certificate: Path) -> ssl.SSLContext:
    """A client that trusts it."""
    return ssl.create_default_context(cafile=str(certificate))


@define
class Gateway:
    """ScaiSend as its contract has it: one message for each idempotency key."""

    url: str = ""
    messages: dict[str, dict[str, Any]] = field(factory=dict)
    requests: list[str] = field(factory=list)
    answers: list[tuple[int, dict[str, Any], dict[str, str]]] = field(factory=list)
    """Answers to give before it behaves again: status, body, headers."""
    drop: str | None = None
    silent: bool = False

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Take a message."""
        key = request.headers.get("Idempotency-Key", "")
        self.requests.append(key)
        if self.silent:
            await asyncio.sleep(3600)
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"detail": "unknown token"}, status=401)
        if self.answers:
            status, body, headers = self.answers.pop(0)
            return web.json_response(body, status=status, headers=headers)
        body = await request.json()
        if not key or not body["to"] or not body["subject"]:
            return web.json_response({"detail": "incomplete"}, status=422)
        if self.drop != "before":
            self.messages.setdefault(key, body)
        if self.drop:
            self.drop = None
            assert request.transport is not None
            request.transport.abort()
        return web.json_response({"id": f"msg_{list(self.messages).index(key)}", "status": "queued"}, status=202)


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    """A running ScaiSend."""
    found = Gateway()
    app = web.Application(client_max_size=50 * 1024 * 1024)
    app.router.add_post("/v1/messages", found.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield found
    await runner.cleanup()


def attachments_of(body: dict[str, Any]) -> list[tuple[str, str, bytes]]:
    """Return the files of a message as ScaiSend got it."""
    return [
        (each["filename"], each["content_type"], base64.b64decode(each["content_b64"])) for each in body["attachments"]
    ]
