"""The sender meets receivers that answer badly, slowly, endlessly, or not at all, and names that change their minds."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import standardwebhooks
import svix

from scaicontrol_adapters.outgoing import OutgoingRules
from scaicontrol_adapters.webhooks.sender import patience_asked
from scaicontrol_core.delivery.outcome import ErrorClass, Verdict, verdict
from scaicontrol_core.delivery.signature import secret_of

SECRET = secret_of(b"s" * 32)
Fixture = Callable[..., Any]


async def head_of(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], bytes]:
    """Read one request."""
    raw = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = raw.strip().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return first, headers, await reader.readexactly(int(headers.get("content-length", "0")))


def saying(*parts: bytes) -> Fixture:
    """Return a server that reads a request and says something, whatever it is."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head_of(reader)
        for part in parts:
            writer.write(part)
            await writer.drain()

    return talk


def plain(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


async def test_what_arrives_is_verified_by_libraries_that_we_did_not_write(
    make_sender: Fixture, make_parcel: Fixture, listening: Fixture
) -> None:
    seen: list[tuple[str, dict[str, str], bytes]] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await head_of(reader))
        writer.write(plain("200 OK", b"tha\0nks"))

    port = await listening(talk)
    parcel = make_parcel(f"http://127.0.0.1:{port}/hook?x=%2F", headers_path="webhooks/whs_1/headers")
    answer = await make_sender().post(parcel)
    assert (answer.status, answer.text, verdict(answer)) == (200, "thanks", Verdict.ARRIVED)
    ((first, headers, body),) = seen
    assert first == "POST /hook?x=%2F HTTP/1.1"
    assert body == parcel.body
    assert (headers["webhook-id"], headers["x-scaicontrol-attempt"], headers["x-token"]) == ("evt_1", "1", "t")
    assert headers["authorization"] == "Bearer kept"
    assert headers["user-agent"] == "ScaiControl-Webhooks/1"
    assert headers["content-type"] == "application/json"
    assert standardwebhooks.Webhook(SECRET).verify(body, headers)["data"] == {"name": "Zoë"}
    svix.Webhook(SECRET).verify(body, headers)
    with pytest.raises(svix.WebhookVerificationError):
        svix.Webhook(SECRET).verify(body + b" ", headers)


@pytest.mark.parametrize(
    ("status", "judged", "error"),
    [
        ("204 No Content", Verdict.ARRIVED, None),
        ("409 Conflict", Verdict.ARRIVED, None),
        ("301 Moved", Verdict.RETRY, ErrorClass.REDIRECT),
        ("400 Bad", Verdict.NEVER, ErrorClass.CLIENT),
        ("401 No", Verdict.NEVER, ErrorClass.CLIENT),
        ("408 Late", Verdict.RETRY, ErrorClass.THROTTLED),
        ("410 Gone", Verdict.GONE, ErrorClass.GONE),
        ("425 Early", Verdict.RETRY, ErrorClass.THROTTLED),
        ("429 Slow", Verdict.RETRY, ErrorClass.THROTTLED),
        ("500 Oops", Verdict.RETRY, ErrorClass.SERVER),
        ("503 Away", Verdict.RETRY, ErrorClass.SERVER),
    ],
)
async def test_what_an_answer_means(
    make_sender: Fixture,
    make_parcel: Fixture,
    listening: Fixture,
    status: str,
    judged: Verdict,
    error: ErrorClass | None,
) -> None:
    from scaicontrol_core.delivery.outcome import error_class  # noqa: PLC0415  # used here alone

    port = await listening(saying(plain(status, b"", "retry-after: 120")))
    answer = await make_sender().post(make_parcel(f"http://127.0.0.1:{port}/"))
    assert (verdict(answer), error_class(answer)) == (judged, error)
    assert answer.retry_after == timedelta(minutes=2)


async def test_a_redirect_is_not_followed(make_sender: Fixture, make_parcel: Fixture, listening: Fixture) -> None:
    asked: list[str] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await head_of(reader))[0])
        writer.write(plain("307 Elsewhere", b"", "location: http://169.254.169.254/latest/meta-data/"))

    port = await listening(talk)
    answer = await make_sender().post(make_parcel(f"http://127.0.0.1:{port}/a"))
    assert (answer.status, verdict(answer), len(asked)) == (307, Verdict.RETRY, 1)


async def test_a_name_that_was_public_a_moment_ago_is_looked_at_again(
    make_sender: Fixture, make_parcel: Fixture, listening: Fixture
) -> None:
    reached: list[int] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head_of(reader)
        reached.append(1)
        writer.write(plain("200 OK", b"", "connection: close"))

    port = await listening(talk)
    answers = iter([["127.0.0.1"], ["169.254.169.254"], ["127.0.0.1", "10.0.0.1"]])

    async def lookup(host: str, port: int) -> Sequence[str]:
        assert (host, port) == ("hooks.example.com", port)
        return next(answers)

    sender = make_sender(lookup=lookup)
    parcel = make_parcel(f"http://hooks.example.com:{port}/")
    assert (await sender.post(parcel)).status == 200
    for _ in range(2):
        refused = await sender.post(parcel)
        assert (refused.status, refused.error) == (None, ErrorClass.ADDRESS)
    assert len(reached) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "0x7f.1", "localhost"])
async def test_literals_and_odd_writings_are_refused_at_sending_too(
    make_sender: Fixture, make_parcel: Fixture, host: str
) -> None:
    answer = await make_sender(OutgoingRules(allow_http=True)).post(make_parcel(f"http://{host}:9/"))
    assert answer.error in (ErrorClass.ADDRESS, ErrorClass.NAME)
    answer = await make_sender(OutgoingRules()).post(make_parcel("http://example.com/"))
    assert answer.error is ErrorClass.ADDRESS


async def test_slowness_of_every_kind_ends_in_time(
    make_sender: Fixture, make_parcel: Fixture, listening: Fixture
) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del writer
        await head_of(reader)
        await asyncio.Event().wait()

    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del reader, writer
        await asyncio.Event().wait()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head_of(reader)
        for byte in b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100_000:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.01)

    async def informing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head_of(reader)
        while True:
            writer.write(b"HTTP/1.1 103 Early Hints\r\n\r\n")
            await writer.drain()
            await asyncio.sleep(0.01)

    sender = make_sender(seconds=0.6)
    ports = [await listening(talk) for talk in (silent, deaf, drip, informing)]
    begun = time.monotonic()
    answers = await asyncio.gather(*(sender.post(make_parcel(f"http://127.0.0.1:{port}/")) for port in ports))
    assert time.monotonic() - begun < 10
    assert [each.error for each in answers] == [ErrorClass.TIMEOUT] * 4


async def test_an_endless_answer_is_read_for_two_kilobytes(
    make_sender: Fixture, make_parcel: Fixture, listening: Fixture
) -> None:
    written = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        await head_of(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"1000\r\n" + b"z" * 4096 + b"\r\n")
            written += 4096
            await writer.drain()

    port = await listening(talk)
    answer = await make_sender().post(make_parcel(f"http://127.0.0.1:{port}/"))
    assert (answer.status, answer.text) == (200, "z" * 2048)
    assert written < 64 * 1024 * 1024


async def test_a_packed_answer_is_never_unpacked(
    make_sender: Fixture, make_parcel: Fixture, listening: Fixture
) -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)
    port = await listening(saying(plain("200 OK", bomb, "content-encoding: gzip")))
    answer = await make_sender().post(make_parcel(f"http://127.0.0.1:{port}/"))
    assert (answer.status, answer.text) == (200, "(packed)")


@pytest.mark.parametrize(
    "said",
    [
        b"\x16\x03\x01\x00 garbage\r\n\r\n",
        b"HTTP/1.1 two hundred\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"",
    ],
)
async def test_garbage_is_an_answer_that_nobody_can_read(
    make_sender: Fixture, make_parcel: Fixture, listening: Fixture, said: bytes
) -> None:
    port = await listening(saying(said))
    answer = await make_sender(seconds=5.0).post(make_parcel(f"http://127.0.0.1:{port}/"))
    assert answer.status is None
    assert answer.error in (ErrorClass.ANSWER, ErrorClass.CONNECTION, ErrorClass.TIMEOUT)
    assert verdict(answer) is Verdict.RETRY


async def test_a_connection_that_breaks_is_tried_again_but_a_status_counts(
    make_sender: Fixture, make_parcel: Fixture, listening: Fixture
) -> None:
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head_of(reader)
        writer.transport.abort()

    async def broken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head_of(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\nonly this")
        await writer.drain()
        writer.transport.abort()

    sender = make_sender()
    answer = await sender.post(make_parcel(f"http://127.0.0.1:{await listening(reset)}/"))
    assert (answer.status, answer.error) == (None, ErrorClass.CONNECTION)
    answer = await sender.post(make_parcel(f"http://127.0.0.1:{await listening(broken)}/"))
    assert (answer.status, verdict(answer)) == (200, Verdict.ARRIVED)
    answer = await sender.post(make_parcel("http://127.0.0.1:1/"))
    assert answer.error is ErrorClass.CONNECTION


async def test_tls_is_held_to_the_name(
    make_sender: Fixture, make_parcel: Fixture, listening: Fixture, tmp_path: Path
) -> None:
    names: list[str | None] = []
    server, client = tls_for(tmp_path, "hooks.example.com")
    server.sni_callback = lambda _, name, __: names.append(name)
    port = await listening(saying(plain("200 OK")), ssl=server)

    async def lookup(host: str, port: int) -> Sequence[str]:
        del host, port
        return ["127.0.0.1"]

    sender = make_sender(lookup=lookup, tls=client)
    assert (await sender.post(make_parcel(f"https://hooks.example.com:{port}/"))).status == 200
    wrong = await sender.post(make_parcel(f"https://other.example.com:{port}/"))
    assert (wrong.status, wrong.error) == (None, ErrorClass.TLS)
    assert names == ["hooks.example.com", "other.example.com"]
    distrusting = await make_sender(lookup=lookup).post(make_parcel(f"https://hooks.example.com:{port}/"))
    assert distrusting.error is ErrorClass.TLS


def tls_for(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return a server's context with a certificate for a name, and a client's that trusts it."""
    from cryptography import x509  # noqa: PLC0415  # slow to load
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cafile=str(pem))


async def test_without_a_secret_nothing_is_sent(make_sender: Fixture, make_parcel: Fixture) -> None:
    for paths in ((), ("webhooks/whs_1/none",)):
        answer = await make_sender().post(make_parcel("http://127.0.0.1:1/", secret_paths=paths))
        assert verdict(answer) is Verdict.UNSENT
    for path in ("webhooks/whs_1/none", "webhooks/whs_1/damaged"):
        answer = await make_sender().post(make_parcel("http://127.0.0.1:1/", headers_path=path))
        assert answer.error is ErrorClass.SECRETS
    answer = await make_sender().post(
        make_parcel("http://127.0.0.1:1/", secret_paths=("webhooks/whs_1/1", "webhooks/whs_1/gone"))
    )
    assert answer.error is ErrorClass.CONNECTION


def test_patience_is_read_in_both_of_its_forms_within_bounds() -> None:
    now = datetime(2026, 5, 18, 9, 30, tzinfo=UTC)
    assert patience_asked("90", now) == timedelta(seconds=90)
    assert patience_asked("Mon, 18 May 2026 10:00:00 GMT", now) == timedelta(minutes=30)
    assert patience_asked("Sun, 17 May 2026 10:00:00 GMT", now) == timedelta()
    assert patience_asked("9" * 400, now) == timedelta(days=1)
    for nonsense in ("", "soon", "-5", "1.5", "٣", "Mon, 99 May 2026 10:00:00 GMT"):
        assert patience_asked(nonsense, now) is None
