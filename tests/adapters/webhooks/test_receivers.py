"""What is delivered, others verify: the Standard Webhooks library for JavaScript, and the receiver kit of the docs."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import runpy
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from attrs import evolve, frozen

from scaicontrol_adapters.webhooks.sender import AiohttpSender
from scaicontrol_core.delivery.parcel import Parcel
from scaicontrol_core.delivery.signature import secret_of, signatures

ROOT = Path(__file__).parents[3]
NODE = ROOT / "tests" / "services" / "node"
EXAMPLES = ROOT / "docs" / "examples"
#: Those of the sender, in `conftest.py`, and one that signs nothing.
SECRET, OLD_SECRET, NEITHER = (secret_of(letter * 32) for letter in (b"s", b"o", b"x"))
BODY = '{"id":"evt_1","type":"invoice.paid.v1","data":{"name":"Zoë & Søn, 株式会社 🎈"}}'.encode()


@frozen
class Delivery:
    """A request as it came over the wire; header names in small letters."""

    headers: dict[str, str]
    body: bytes

    def tampered(self) -> Delivery:
        """Return it with one letter changed on the way."""
        return evolve(self, body=self.body.replace(b"evt_1", b"evt_2"))

    def signed_at(self, stamp: int) -> Delivery:
        """Return it as it would have been sent at another time, rightly signed."""
        signed = signatures([b"s" * 32], self.headers["webhook-id"], stamp, self.body)
        return evolve(self, headers=self.headers | {"webhook-timestamp": str(stamp), "webhook-signature": signed})


@pytest.fixture
async def delivered(
    make_sender: Callable[..., AiohttpSender],
    make_parcel: Callable[..., Parcel],
    listening: Callable[..., Awaitable[int]],
) -> Delivery:
    """Deliver in the middle of a rotation, when two secrets sign."""
    arrived: list[Delivery] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        arrived.append(Delivery(headers, await reader.readexactly(int(headers["content-length"]))))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    port = await listening(talk)
    paths = ("webhooks/whs_1/1", "webhooks/whs_1/2")
    await make_sender().post(make_parcel(f"http://127.0.0.1:{port}/", body=BODY, secret_paths=paths))
    return arrived[0]


def by_library(secret: str, delivery: Delivery) -> bool:
    """Ask npm's standardwebhooks, as `make` installs it."""
    line = {"secret": secret, "headers": delivery.headers, "body": base64.b64encode(delivery.body).decode()}
    told = _run(["node", str(NODE / "verify.cjs")], json.dumps(line).encode())
    assert told.returncode == 0, told.stderr.decode()
    return told.stdout.startswith(b"verified evt_1")


def by_python(secret: str, delivery: Delivery) -> bool:
    """Ask the example in Python."""
    verify = runpy.run_path(str(EXAMPLES / "verify_webhook.py"))["verify"]
    return bool(verify(secret, delivery.headers, delivery.body))


def by_javascript(secret: str, delivery: Delivery) -> bool:
    """Ask the example in JavaScript."""
    where = (EXAMPLES / "verify_webhook.mjs").as_uri()
    program = (
        f"import {{ verify }} from {json.dumps(where)}; import {{ readFileSync }} from 'node:fs';"
        f"console.log(verify({json.dumps(secret)}, {json.dumps(delivery.headers)}, readFileSync(0)))"
    )
    told = _run(["node", "--input-type=module", "-e", program], delivery.body)
    assert told.returncode == 0, told.stderr.decode()
    return told.stdout.strip() == b"true"


def by_shell(secret: str, delivery: Delivery) -> bool:
    """Ask the example for the shell, whose files curl would have written."""
    with tempfile.TemporaryDirectory() as folder:
        headers, body = Path(folder, "headers"), Path(folder, "body")
        headers.write_text("".join(f"{name}: {value}\r\n" for name, value in delivery.headers.items()))
        body.write_bytes(delivery.body)
        return _run([str(EXAMPLES / "verify_webhook.sh"), str(headers), str(body)], b"", secret).returncode == 0


def _run(words: list[str], given: bytes, secret: str = "") -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "WEBHOOK_SECRET": secret}
    return subprocess.run(words, input=given, env=environment, capture_output=True, check=False, timeout=60)  # our own


EACH = pytest.mark.parametrize("verified", [by_library, by_python, by_javascript, by_shell])


@EACH
def test_a_delivery_is_verified_under_each_secret_of_a_rotation(
    delivered: Delivery, verified: Callable[[str, Delivery], bool]
) -> None:
    assert delivered.headers["webhook-signature"].count("v1,") == 2
    assert verified(SECRET, delivered)
    assert verified(OLD_SECRET, delivered)
    assert not verified(NEITHER, delivered)


@EACH
def test_what_was_changed_or_kept_too_long_is_refused(
    delivered: Delivery, verified: Callable[[str, Delivery], bool]
) -> None:
    assert not verified(SECRET, delivered.tampered())
    now = int(time.time())
    assert verified(SECRET, delivered.signed_at(now - 60))
    assert not verified(SECRET, delivered.signed_at(now - 3600))
    assert not verified(SECRET, delivered.signed_at(now + 3600))


def test_the_lock_file_names_no_registry() -> None:
    assert "http" not in (NODE / "package-lock.json").read_text()


def test_the_kit_is_short() -> None:
    for name in ("verify_webhook.py", "verify_webhook.mjs"):
        code = [line for line in (EXAMPLES / name).read_text().splitlines() if line.strip()]
        assert len(code) <= 20, name
