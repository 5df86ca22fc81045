"""Sending at the command line: into the mail folder, and what is shown of it."""

from __future__ import annotations

from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

World = Callable[..., Any]


@pytest.fixture
def invoice(world: World) -> str:
    """The number of an invoice."""
    draft = world("admin", "invoices", "create", "acme", "--line", "1 x 100 Advice", "--json").json["id"]
    return str(world("admin", "invoices", "finalize", draft, "--yes", "--json").json["number"])


@pytest.mark.usefixtures("world")
def test_an_invoice_goes_into_the_mail_folder(world: World, invoice: str, home: Path) -> None:
    said = world("admin", "invoices", "send", invoice, "--to", "anna@example.com", "--yes")
    assert said.complaint.startswith("Sent to anna@example.com by folder: <")
    (eml,) = (home / "mail").glob("*.eml")
    message = message_from_bytes(eml.read_bytes(), policy=default)
    assert str(message["To"]) == "anna@example.com"
    assert [part.get_filename() for part in message.iter_attachments()] == [f"{invoice}.pdf"]
    shown = world("admin", "invoices", "show", invoice, "--json").json
    assert (shown["status"], shown["sent_at"] is not None) == ("sent", True)
    (sent,) = world("admin", "invoices", "sends", invoice, "--json").json["items"]
    assert (sent["status"], sent["requested_by"][:4]) == ("sent", "cli:")
    assert [each["result"] for each in sent["history"]] == ["handed_over"]
    assert "handed_over" in world("admin", "invoices", "sends", invoice).stdout


def test_what_is_queued_is_sent_by_the_job(world: World, invoice: str, home: Path) -> None:
    queued = world("admin", "invoices", "send", invoice, "--to", "a@example.com", "--queue", "--yes", "--json").json
    assert (queued["status"], queued["channel"]) == ("queued", None)
    done = world("admin", "jobs", "run", "mail", "--json").json
    assert done == {"job": "mail", "sent": 1, "deferred": 0, "failed": 0}
    assert len(list((home / "mail").glob("*.eml"))) == 1
    assert world("admin", "jobs", "run", "mail", "--json").json["sent"] == 0


def test_what_cannot_be_sent_says_why(world: World, invoice: str, home: Path) -> None:
    assert "Confirm with --yes" in world("admin", "invoices", "send", invoice, fails=2).complaint
    assert "no address for invoices" in world("admin", "invoices", "send", invoice, "--yes", fails=2).complaint
    wrong = world("admin", "invoices", "send", invoice, "--to", "nobody", "--yes", fails=2)
    assert "not an e-mail address" in wrong.complaint


def test_a_folder_in_the_way_is_told_and_tried_again(world: World, invoice: str, home: Path) -> None:
    (home / "mail").write_text("in the way")
    said = world("admin", "invoices", "send", invoice, "--to", "a@example.com", "--yes", fails=1)
    assert "[mail_unavailable] Tried again after" in said.complaint
    (waiting,) = world("admin", "invoices", "sends", invoice, "--json").json["items"]
    assert (waiting["status"], waiting["history"][0]["result"]) == ("queued", "deferred")
    assert "cannot become queued" in world("admin", "invoices", "retry-send", waiting["id"], fails=1).complaint


def test_what_went_by_post_is_recorded(world: World, invoice: str) -> None:
    assert world("admin", "invoices", "mark-sent", invoice).complaint == "1 recorded as sent"
    assert world("admin", "invoices", "show", invoice, "--json").json["status"] == "sent"
    assert world("admin", "invoices", "mark-sent", invoice, "--json").json == {"sent": 0}
    assert "already" in world("admin", "invoices", "mark-sent", invoice).complaint
