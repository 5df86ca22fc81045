"""The audit log: who changed what, from what to what, and never a secret."""

from __future__ import annotations

from typing import Any

import pytest

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.audit.projection import REDACTED, audit_entry, redact
from scaicontrol_core.kernel.events import Event
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.tenancy.events import PartnerBillingLinked, TenantCreated
from scaicontrol_core.testing.clock import DEFAULT_START


def test_an_entry_says_who_what_when_and_whose() -> None:
    tom = Actor.tenant_user("tom", TenantId("tnt_1"), PartnerId("prt_1"), Role.TENANT_ADMIN).with_request("req-7")
    event = TenantCreated(
        resource_id="tnt_1",
        partner_id="prt_1",
        tenant_id="tnt_1",
        changes={"name": ("old", "new")},
        name="new",
        external_reference=None,
        collection_method="send_invoice",
    )
    entry = audit_entry("aud_1", event, tom, DEFAULT_START)
    assert (entry.id, entry.occurred_at, entry.action) == ("aud_1", DEFAULT_START, "tenant.created")
    assert (entry.resource_type, entry.resource_id) == ("tenant", "tnt_1")
    assert (entry.user_id, entry.actor_kind, entry.request_id) == ("tom", "user", "req-7")
    assert (entry.partner_id, entry.tenant_id) == ("prt_1", "tnt_1")
    assert entry.details == {
        "changes": {"name": {"before": "old", "after": "new"}},
        "event": {"name": "new", "external_reference": None, "collection_method": "send_invoice"},
    }


def test_a_secret_in_what_an_event_publishes_is_hidden_in_the_log() -> None:
    seller = {"legal_name": "ScaiLabs B.V.", "provider": {"api_key": "sk_live_1"}}
    event = PartnerBillingLinked(resource_id="prt_1", partner_id="prt_1", seller=seller)
    entry = audit_entry("aud_1", event, Actor.system("test"), DEFAULT_START)
    assert entry.details["event"] == {"seller": {"legal_name": "ScaiLabs B.V.", "provider": {"api_key": REDACTED}}}


def test_a_secret_that_changed_is_hidden_on_both_sides() -> None:
    event = Event(resource_id="x", changes={"webhook_secret": ("old", "new"), "url": ("a", "b")})
    entry = audit_entry("aud_1", event, Actor.system("test"), DEFAULT_START)
    assert entry.details["changes"] == {"webhook_secret": REDACTED, "url": {"before": "a", "after": "b"}}


@pytest.mark.parametrize("name", ["secret", "client_secret", "Password", "access_token", "API_KEY", "Authorization"])
def test_names_of_secrets_are_known_in_any_case(name: str) -> None:
    assert redact({name: "hush"}) == {name: REDACTED}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"a": {"b": {"private_key": "k"}}}, {"a": {"b": {"private_key": REDACTED}}}),
        ([{"token": 1}, {"name": 2}], [{"token": REDACTED}, {"name": 2}]),
        (({"token": 1},), [{"token": REDACTED}]),
        ({"password": {"old": "a"}}, {"password": REDACTED}),
        ("token", "token"),
        ({"tokens": "0.0004", "access_token": "x"}, {"tokens": "0.0004", "access_token": REDACTED}),
        (None, None),
    ],
)
def test_secrets_are_found_at_any_depth(value: Any, shown: Any) -> None:
    assert redact(value) == shown
