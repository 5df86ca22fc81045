"""The pool of renderer processes: out of the API process, and hard to bring down."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scaicontrol_adapters.pdf.inline import InlineRenderer
from scaicontrol_adapters.pdf.limits import RenderingLimits
from scaicontrol_adapters.pdf.pool import PooledRenderer
from scaicontrol_core.documents import TemplateSource
from scaicontrol_core.documents.errors import (
    RenderingFailed,
    RenderingLimitExceeded,
    RenderingUnavailable,
    TemplateRejected,
)
from scaicontrol_core.testing.documents import sample_invoice, sample_line

ROOT = Path(__file__).parents[3]

API_PROCESS = """
import asyncio, sys
from scaicontrol_adapters.pdf.pool import PooledRenderer
from scaicontrol_core.testing.documents import sample_invoice

async def main():
    async with PooledRenderer(workers=1) as renderer:
        html = (await renderer.render_html(sample_invoice())).html
        assert (await renderer.render_pdf(html, "key")).startswith(b"%PDF")
    loaded = {name.partition(".")[0] for name in sys.modules}
    print(sorted(loaded & {"weasyprint", "fontTools", "PIL", "pydyf", "tinycss2", "cffi"}))

if __name__ == "__main__":
    asyncio.run(main())
"""

ABANDONING = """
import asyncio
from scaicontrol_adapters.pdf.pool import PooledRenderer

async def main():
    renderer = PooledRenderer(workers=1)
    await renderer.render_pdf("<p>1</p>", "key")
    print(*renderer._pool._processes, flush=True)
    await asyncio.Event().wait()

if __name__ == "__main__":
    asyncio.run(main())
"""


def test_the_api_process_never_loads_the_renderer(tmp_path: Path) -> None:
    program = tmp_path / "api.py"
    program.write_text(API_PROCESS)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    finished = subprocess.run([sys.executable, program], env=environment, capture_output=True, text=True, check=True)
    assert finished.stdout == "[]\n"


async def snapshot(**changes: object) -> str:
    return (await InlineRenderer().render_html(sample_invoice(**changes))).html  # type: ignore[arg-type]


def worker_ids(renderer: PooledRenderer) -> list[int]:
    assert renderer._pool is not None
    return list(renderer._pool._processes)


async def test_the_pool_makes_the_same_bytes_as_a_process_of_its_own() -> None:
    documents = {language: await snapshot(language=language) for language in ("nl", "de", "fr")}
    async with PooledRenderer(workers=2) as pool:
        together = await asyncio.gather(*(pool.render_pdf(html, name) for name, html in documents.items()))
    alone = InlineRenderer()
    assert together == [await alone.render_pdf(html, name) for name, html in documents.items()]


async def test_a_killed_worker_is_replaced_and_its_document_made_all_the_same() -> None:
    html = await snapshot(lines=[sample_line(number) for number in range(1, 60)])
    async with PooledRenderer(workers=2) as pool:
        expected = await pool.render_pdf(html, "long")
        under_way = [asyncio.create_task(pool.render_pdf(html, "long")) for _ in range(4)]
        await asyncio.sleep(0)  # let them be submitted
        for victim in worker_ids(pool):
            os.kill(victim, signal.SIGKILL)
        assert await asyncio.gather(*under_way) == [expected] * 4


async def test_workers_killed_while_idle_are_replaced_at_the_next_document() -> None:
    html = await snapshot()
    async with PooledRenderer(workers=1) as pool:
        expected = await pool.render_pdf(html, "idle")
        for _ in range(3):
            os.kill(worker_ids(pool)[0], signal.SIGKILL)
            assert await pool.render_pdf(html, "idle") == expected


def test_when_the_server_is_killed_its_renderers_end(tmp_path: Path) -> None:
    program = tmp_path / "server.py"
    program.write_text(ABANDONING)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, program], env=environment, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        renderers = [Path("/proc") / number for number in server.stdout.readline().split()]
        assert [each for each in renderers if each.exists()] == renderers != []
        server.kill()
    deadline = time.monotonic() + 30
    while any(each.exists() for each in renderers):
        assert time.monotonic() < deadline, "they live on"
        time.sleep(0.02)


async def test_a_document_that_is_too_much_for_the_renderer_fails_alone() -> None:
    endless = await snapshot(lines=[sample_line(number) for number in range(1, 4000)])
    html = await snapshot()
    async with PooledRenderer(workers=1, limits=RenderingLimits(pdf_seconds=2)) as pool:
        await pool.render_pdf(html, "before")
        with pytest.raises(RenderingLimitExceeded):
            await pool.render_pdf(endless, "endless")
        assert (await pool.render_pdf(html, "after")).startswith(b"%PDF")


async def test_an_operators_template_runs_in_a_worker_and_its_errors_come_back_typed() -> None:
    async with PooledRenderer(workers=1, limits=RenderingLimits(template_seconds=1)) as pool:
        written = await pool.render_html(
            sample_invoice(), template=TemplateSource("plain", "<p>{{ document.number }}</p>")
        )
        assert "<p>SCAI-2026-000042</p>" in written.html
        with pytest.raises(TemplateRejected) as refused:
            await pool.render_html(sample_invoice(), template=TemplateSource("typo", "\n{{ documnt }}"))
        assert (refused.value.template, refused.value.line) == ("typo", 2)
        assert refused.value.fields[0].pointer == "/html_content"
        greedy = TemplateSource(
            "greedy", "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
        )
        with pytest.raises(RenderingLimitExceeded):
            await pool.render_html(sample_invoice(), template=greedy)


async def test_html_nothing_can_be_made_of_is_a_typed_failure() -> None:
    async with PooledRenderer(workers=1) as pool:
        with pytest.raises(RenderingFailed):
            await pool.render_pdf("<p>half a character: \ud800</p>", "broken")


async def test_a_closed_pool_says_so() -> None:
    html = await snapshot()
    pool = PooledRenderer(workers=1)
    await pool.render_pdf(html, "once")
    waiting = [asyncio.create_task(pool.render_pdf(html, "late")) for _ in range(20)]
    await asyncio.sleep(0)
    await pool.close()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert any(isinstance(outcome, RenderingUnavailable) for outcome in outcomes)
    assert all(isinstance(outcome, (bytes, RenderingUnavailable)) for outcome in outcomes)
    with pytest.raises(RenderingUnavailable):
        await pool.render_pdf(html, "after")
