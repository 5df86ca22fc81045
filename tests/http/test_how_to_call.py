"""The how-to about calling the API says what works: its examples are run against a server."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import uvicorn
from litestar import Litestar

from scaicontrol_adapters.container import Container
from scaicontrol_core.access import Actor
from scaicontrol_core.tenancy.partner import NewPartner
from scaicontrol_core.tenancy.use_cases.bootstrap_operator import BootstrapOperator
from scaicontrol_core.testing.builders import seller_configuration

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "call-the-api.md"


def examples(language: str) -> str:
    """Return the page's examples in a language, one after the other."""
    found = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found
    return "\n".join(found)


@pytest.fixture
async def environment(app: Litestar, container: Container, token: Callable[..., str]) -> AsyncIterator[dict[str, str]]:
    """Where the server is, and a token for it."""
    house = NewPartner(name="House", configuration=seller_configuration())
    await container.use(BootstrapOperator)(Actor.operator("tests"), house)
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    host, port = listening.getsockname()
    yield {**os.environ, "API": f"http://{host}:{port}/api/v1", "TOKEN": token()}
    server.should_exit = True
    await serving
    listening.close()


async def run(environment: dict[str, str], folder: Path, *command: str) -> str:
    """Run a program in a folder of its own; return what it said."""
    running = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await running.communicate()
    assert running.returncode == 0, said.decode()
    return said.decode()


async def test_curl_does_what_the_page_says(environment: dict[str, str], tmp_path: Path) -> None:
    said = await run(environment, tmp_path, "bash", "-euxo", "pipefail", "-c", examples("bash"))
    assert '"name":"Acme N.V."' in said


async def test_python_does_what_the_page_says(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "example.py").write_text(examples("python"))
    said = await run(environment, tmp_path, sys.executable, "example.py")
    assert said.split("\n")[:3] == ["Customer 0", "Customer 1", "Customer 2"]
