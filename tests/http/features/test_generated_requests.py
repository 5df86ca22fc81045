"""Requests that a machine makes up from the API's own description, sent to a real server by all sorts of callers.

Whatever is sent: nothing breaks, every answer has a status, a form and headers that the description
declares, and what the description forbids is refused. The same requests every time; `make requests`
sends many more.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from litestar import Litestar

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.scaikey.development import issue_service_token
from scaicontrol_adapters.settings import Settings
from scaicontrol_core.testing.register import MemoryRegister
from tests.services.processes import free_port

Headers = dict[str, str]
PROGRAM = Path(sys.executable).with_name("schemathesis")
THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
#: What callers do: those who may do most are asked most.
EXAMPLES = {"operator": 4, "reseller": 2, "customer": 2, "service": 1, "nobody": 1}
#: Rules of the business stand in no schema, so a body that fits may well be refused.
LEFT_OUT = ("positive_data_acceptance", "object_level_authorization")


@pytest.fixture
async def address(app: Litestar) -> AsyncIterator[str]:
    """The address of a server over the whole application."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, access_log=False))
    serving = asyncio.create_task(server.serve())
    # Schemathesis waits for the description by itself.
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving


@pytest.fixture
def callers(headers: Callable[..., Headers], settings: Settings, world: Any) -> dict[str, Headers]:
    """Who calls, by name."""
    return {
        "operator": headers("super_admin"),
        "reseller": headers("partner_admin", partner_id=world.reseller),
        "customer": headers("tenant_admin", tenant_id=world.acme, partner_id=world.operator),
        "service": {"Authorization": f"Bearer {issue_service_token(settings, 'mail')}"},
        "nobody": {},
    }


@pytest.fixture
def known(world: Any, their_pack: str) -> dict[str, list[str]]:
    """Ids of things that are there, for the placeholders of paths."""
    return {
        "tenant_id": [world.acme, world.jones, world.bare, world.theirs],
        "partner_id": [world.operator, world.reseller],
        "subscription_id": [world.subscription, world.their_subscription],
        "invoice_id": [world.draft, world.invoice, world.their_draft, world.their_invoice],
        "pack_subscription_id": [their_pack],
        "run_id": [world.run],
        "send_id": [world.their_send],
        "template_id": [world.their_template],
        "asset_id": [world.their_asset],
        "slug": ["mail", "office", "keys", "hidden"],
        "plan": ["basic", "pro"],
        "service": ["mail", "keys"],
    }


@pytest.mark.parametrize("who", EXAMPLES)
async def test_nothing_breaks_and_every_answer_is_declared(
    who: str,
    address: str,
    callers: dict[str, Headers],
    known: dict[str, list[str]],
    container: Container,
    tmp_path: Path,
) -> None:
    container.vat_register = MemoryRegister()
    found = await _run(address, callers[who], known, tmp_path, EXAMPLES[who])
    assert found.startswith("0\n"), found


async def _run(address: str, headers: Headers, known: dict[str, list[str]], folder: Path, examples: int) -> str:
    """Let Schemathesis loose; return its exit code and what it says."""
    (folder / "schemathesis.toml").write_text(_configuration(known))
    phases = "examples,coverage,fuzzing,stateful" if THOROUGH else "fuzzing"
    options = ["--phases", phases, "--max-examples", str(examples * 10 if THOROUGH else examples)]
    for name, value in headers.items():
        options += ["--header", f"{name}: {value}"]
    running = await asyncio.create_subprocess_exec(
        str(PROGRAM),
        *("--config-file", str(folder / "schemathesis.toml"), "run", f"{address}/api/v1/openapi.json"),
        *("--exclude-path-regex", "/dev/"),
        *("--generation-deterministic", "--no-shrink", "--no-color", "--warnings", "off"),
        *("--wait-for-schema", "30", "--request-timeout", "60", *options),  # a busy machine is not a fault
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await running.communicate()
    return f"{running.returncode}\n{said.decode()}"


def _configuration(known: dict[str, list[str]]) -> str:
    """Most paths lead to something that is there, the others to where nothing is."""
    lines = ["[checks]", *(f"{name}.enabled = false" for name in LEFT_OUT), "[parameters]"]
    lines += [f'"path.{name}" = {{ dictionary = "{name}", probability = 0.7 }}' for name in known]
    for name, values in known.items():
        lines += [f"[dictionaries.{name}]", f"values = {values!r}"]
    # Of a batch of events each has an outcome of its own: one that is malformed does not refuse the others.
    lines += ["[[operations]]", 'include-path = "/api/v1/metering/events"']
    lines += ["checks.negative_data_rejection.enabled = false"]
    return "\n".join(lines) + "\n"
