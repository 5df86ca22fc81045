"""What holds for every command there is: JSON, exit codes, one line for an error, a question before what destroys."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from typer.main import get_command

from scaicontrol_cli.main import app

PROGRAM = [sys.executable, "-c", "import sys; sys.argv[0] = 'scaicontrol'; from scaicontrol_cli.main import run; run()"]
#: Commands that answer nothing that a program could read, and why.
WITHOUT_JSON = {
    "serve": "serves until it is stopped",
    "mcp": "speaks a protocol of its own on standard output",
    "worker": "works until it is stopped",
    "scheduler": "works until it is stopped",
    "vat determine": "each line it prints is JSON already",
}
#: Words that end or fix something for others; whoever types one is asked.
DESTRUCTIVE = {
    "delete", "deactivate", "void", "cancel", "suspend", "finalize", "credit-note", "reissue", "refund", "override",
    "pause", "bulk", "reject", "skip",
}  # fmt: skip
#: Commands that wait for somebody, or work for long.
NOT_RUN = {"serve", "mcp", "worker", "scheduler", "simulate", "demo", "vat determine", "doctor"}


@frozen
class Leaf:
    """A command, and how it is typed."""

    name: str
    command: Any

    @property
    def words(self) -> tuple[str, ...]:
        """Return the words of its name, and one for every argument and option that it needs."""
        needed: list[str] = []
        for each in self.command.params:
            if not each.required:
                continue
            value = _value(each)
            needed += [value] if each.param_type_name == "argument" else [each.opts[0], value]
        return (*self.name.split(), *needed)

    def takes(self, option: str) -> bool:
        """Tell whether it has an option."""
        return any(option in each.opts for each in self.command.params)


def _value(parameter: Any) -> str:
    if parameter.name in {"cents", "version", "until", "anchor", "quantity"}:
        return "1" if parameter.name in {"cents", "version", "quantity"} else "2026-12-31"
    if parameter.name == "since":
        return "2026-12-31T00:00:00Z"
    if parameter.name in {"period", "action"}:
        return "2026-01" if parameter.name == "period" else "suspend"
    kind = getattr(parameter.type_descriptor, "annotation", None)
    return str(next(iter(kind)).value) if isinstance(kind, type) and issubclass(kind, Enum) else "x"


def _walk(group: Any, name: str = "", parent: Any = None) -> Iterator[Leaf]:
    context = group.make_context(name.rpartition(" ")[2] or "scaicontrol", [], parent=parent, resilient_parsing=True)
    for word in group.list_commands(context):
        member = group.get_command(context, word)
        path = f"{name} {word}".strip()
        if hasattr(member, "list_commands"):
            yield from _walk(member, path, context)
        else:
            yield Leaf(path, member)


LEAVES = tuple(_walk(get_command(app)))
RUN = [each for each in LEAVES if each.name not in NOT_RUN]


def test_there_are_many() -> None:
    assert len(LEAVES) > 120


def test_every_command_answers_in_json_or_has_a_reason() -> None:
    without = {each.name for each in LEAVES if not each.takes("--json")}
    assert without <= WITHOUT_JSON.keys()
    assert all(WITHOUT_JSON.values())


def test_every_command_has_help_of_its_own() -> None:
    assert [each.name for each in LEAVES if not each.command.help] == []


@pytest.mark.parametrize("leaf", RUN, ids=lambda leaf: leaf.name)
def test_every_command_ends_with_a_code_and_at_most_one_error(
    scaicontrol: Callable[..., Any], leaf: Leaf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over an empty database, with words that mean nothing: 0, 1 or 2, and JSON that can be read."""
    as_json = ["--json"] if leaf.takes("--json") else []
    once = ["--once"] if leaf.takes("--once") else []  # or it would wait for what comes
    outcome = run_any(scaicontrol, *leaf.words, *as_json, *once)
    assert outcome.exit_code in {0, 1, 2}, outcome
    assert "Traceback" not in outcome.stderr
    if as_json and outcome.stdout:
        assert json.loads(outcome.stdout) is not None
    elif as_json and outcome.exit_code:
        problem = json.loads(outcome.stderr.strip().splitlines()[-1])
        assert set(problem) == {"code", "detail", "errors", "hint"}
        assert problem["code"] != "unexpected", problem


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.name)
def test_every_command_refuses_what_it_does_not_know(scaicontrol: Callable[..., Any], leaf: Leaf) -> None:
    assert scaicontrol(*leaf.words, "--no-such-option", fails=2).complaint.startswith("scaicontrol: No such option")


def test_what_destroys_asks() -> None:
    silent = [each.name for each in LEAVES if each.name.split()[-1] in DESTRUCTIVE and not each.takes("--yes")]
    assert silent == []


@pytest.mark.parametrize("leaf", [each for each in RUN if each.takes("--yes")], ids=lambda leaf: leaf.name)
def test_without_a_terminal_it_wants_to_be_told_yes(
    scaicontrol: Callable[..., Any], leaf: Leaf, rows: Callable[[], Any]
) -> None:
    before = rows()
    words = (*leaf.words, *EXTRA.get(leaf.name, ()))
    assert "[confirmation_required]" in scaicontrol(*words, fails=2).complaint
    assert rows() == before


@pytest.mark.parametrize("leaf", [each for each in RUN if each.takes("--yes")], ids=lambda leaf: leaf.name)
def test_at_a_terminal_no_means_no(
    scaicontrol: Callable[..., Any], leaf: Leaf, rows: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scaicontrol_cli.arguments.at_a_terminal", lambda: True)
    before = rows()
    outcome = scaicontrol(*leaf.words, *EXTRA.get(leaf.name, ()), typed="n\n", fails=2)
    assert "nothing was confirmed" in outcome.stderr
    assert rows() == before


#: What must be said besides for there to be a question.
EXTRA = {
    "admin subscriptions override": ("--plan", "keys.pro"),
    "admin invoices finalize": ("x",),
}


def run_any(scaicontrol: Callable[..., Any], *words: str) -> Any:
    """Run a command whatever its exit code."""
    from typer.testing import CliRunner  # noqa: PLC0415  # as the fixture does

    return CliRunner().invoke(app, list(words), prog_name="scaicontrol")


def test_an_interrupted_command_ends_with_130(world: Callable[..., Any]) -> None:
    world("admin", "jobs", "run", "fan_out_events")
    first = world("admin", "events", "list", "--limit", "1", "--json").json["next_cursor"]
    with subprocess.Popen(
        [*PROGRAM, "admin", "events", "tail", "--after", first, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ,
        # Whoever runs the tests in the background has this signal ignored, and hands that down.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509  # no threads
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            assert json.loads(process.stdout.readline())["type"]  # it is at it, and would be for ever
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=60) == 130
        finally:
            process.kill()
        assert b"Traceback" not in process.stderr.read()


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("scaicontrol ad", "admin"),
        ("scaicontrol admin ten", "tenants"),
        ("scaicontrol admin tenants bil", "billing-profile"),
        ("scaicontrol admin tenants list --ac", "--active"),
        ("scaicontrol dev-token --role partner", "partner_admin"),
        ("scaicontrol admin jobs run re", "render"),
        ("scaicontrol admin subscriptions list --status susp", "suspended"),
        ("scaicontrol admin payments list --method sepa", "sepa_debit"),
    ],
)
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_commands_options_and_words(typed: str, offered: str, shell: str) -> None:
    words = typed.split()
    environment = {
        "_SCAICONTROL_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(words) - 1),
        "_TYPER_COMPLETE_ARGS": typed,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    done = subprocess.run(
        PROGRAM, env=os.environ | environment, capture_output=True, text=True, check=False, timeout=30
    )
    assert offered in done.stdout, done
    assert done.stderr == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_can_be_shown(shell: str) -> None:
    environment = os.environ | {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    done = subprocess.run(
        [*PROGRAM, "--show-completion", shell], env=environment, capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 0, done
    assert "_SCAICONTROL_COMPLETE" in done.stdout


def test_completion_can_be_installed(tmp_path: Path) -> None:
    environment = os.environ | {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1", "HOME": str(tmp_path)}
    done = subprocess.run(
        [*PROGRAM, "--install-completion", "bash"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done
    assert any(tmp_path.rglob("*scaicontrol*"))
