"""Payment methods at the command line: recorded, chosen, detached."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

World = Callable[..., Any]
METHODS = ("admin", "payments", "methods")
IBAN = "NL91ABNA0417164300"
MANDATE = ("--debtor", "Acme B.V.", "--iban", IBAN, "--signed-on", "2026-01-02")


def test_a_mandate_is_recorded_chosen_and_detached(world: World) -> None:
    (transfer,) = world(*METHODS, "list", "acme", "--json").json["items"]
    assert (transfer["kind"], transfer["is_default"]) == ("bank_transfer", True)
    added = world(*METHODS, "add", "acme", "--reference", "M-1", *MANDATE, "--json").json
    assert (added["iban"], added["is_default"]) == ("NL************4300", False)
    assert world(*METHODS, "default", "acme", added["id"], "--json").json["is_default"] is True
    other = world(*METHODS, "add", "acme", "--reference", "M-2", *MANDATE, "--default", "--json").json
    listed = world(*METHODS, "list", "acme", "--json").json["items"]
    assert {each["id"]: each["is_default"] for each in listed} == {None: False, added["id"]: False, other["id"]: True}
    assert "M-2" in world(*METHODS, "list", "acme").stdout
    assert world(*METHODS, "default", "acme", other["id"], "--clear", "--json").json["is_default"] is False
    world(*METHODS, "detach", "acme", added["id"], fails=2)  # it asks first
    gone = world(*METHODS, "detach", "acme", added["id"], "--yes", "--json").json
    assert gone["status"] == "detached"
    (kept,) = world(*METHODS, "list", "acme", "--status", "detached", "--json").json["items"]
    assert kept == gone
    told = world(*METHODS, "history", added["id"], "--json").stdout
    assert "payment_method.detached" in told
    assert IBAN not in told


def test_what_it_refuses(world: World) -> None:
    wrong = ("--debtor", "Acme", "--iban", "NL91ABNA0417164301", "--signed-on", "2026-01-02")
    refused = world(*METHODS, "add", "acme", "--reference", "M-1", *wrong, fails=2)
    assert "NL91ABNA0417164301" not in refused.stderr
    world(*METHODS, "default", "acme", "pmd_nobodys", fails=1)
