"""No secret is written down, wherever it was planted; and nothing else is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scaicontrol_core.access import Actor
from scaicontrol_core.audit.projection import audit_entry
from scaicontrol_core.kernel.events import Event
from scaicontrol_core.kernel.redaction import REDACTED, names_a_secret, redact, redact_text
from scaicontrol_core.testing.clock import DEFAULT_START

PLANTED = "Zx9PLANTEDq7"
JWT = f"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ{PLANTED}.c2ln{PLANTED}"
NAMES = (
    "secret", "client_secret", "webhookSecret", "password", "PASSWD", "access_token", "Token", "apiKey", "API-KEY",
    "api_key", "private key", "signing_key", "Authorization", "Set-Cookie", "credentials", "passphrase",
)  # fmt: skip
SHAPES = (
    f"whsec_{PLANTED}ab==",
    f"Bearer {PLANTED}",
    f"basic dXNlcjp{PLANTED}",
    JWT,
    f"sk_live_{PLANTED}",
    f"https://user:{PLANTED}@hooks.example/x",
    f"mysql://{PLANTED}@db/x",
    f"https://hooks.example/x?token={PLANTED}&page=2",
    f"https://hooks.example/x?page=2&X-Api-Key={PLANTED}",
    f"password: {PLANTED}",
    f'secret="{PLANTED} and more"',
    f"Authorization: Basic {PLANTED}",
    f"hvs.{PLANTED}{PLANTED}",
    f"-----BEGIN RSA PRIVATE KEY-----\n{PLANTED}\n-----END RSA PRIVATE KEY-----",
)

harmless = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet="abcdefghij KLM0189-,", max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abcdefgh", min_size=1, max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)


@st.composite
def bearing(draw: st.DrawFn) -> Any:
    """JSON with one secret in it: under a name that speaks of one, or in a text that looks like one."""
    name = draw(st.sampled_from(NAMES))
    name = draw(st.sampled_from([name, name.upper(), name.lower(), name.title(), f"old_{name}", f"{name}_2"]))
    text = f"{draw(st.sampled_from(['', 'see ', 'was (']))}{draw(st.sampled_from(SHAPES))}"
    found: Any = draw(
        st.sampled_from([{name: PLANTED}, {name: [PLANTED]}, {name: {"value": PLANTED}}, text, {text: 1}, [text]])
    )
    for _ in range(draw(st.integers(0, 4))):
        others = draw(st.dictionaries(st.text("abcdefgh", min_size=1, max_size=6), harmless, max_size=2))
        found = draw(st.sampled_from([[found], [1, found, "x"], {**others, "value": found}, (found,)]))
    return found


@given(bearing())
def test_a_planted_secret_is_nowhere_in_what_is_left(value: Any) -> None:
    assert PLANTED not in json.dumps(redact(value))


@given(bearing(), bearing())
def test_nor_in_an_entry_of_the_log_before_or_after(before: Any, after: Any) -> None:
    event = Event(resource_id="x", changes={"metadata": (before, after), "webhook_secret": (PLANTED, PLANTED)})
    entry = audit_entry("aud_1", event, Actor.system("test"), DEFAULT_START)
    assert PLANTED not in json.dumps(entry.details)


@given(bearing())
def test_redacting_again_changes_nothing(value: Any) -> None:
    assert redact(redact(value)) == redact(value)


@given(harmless)
def test_what_holds_no_secret_stays_as_it_is(value: Any) -> None:
    assume(not any(names_a_secret(word) for word in json.dumps(value).split('"')))
    assert redact(value) == value


@pytest.mark.parametrize(
    "text",
    [
        "NL91ABNA0417164300",
        "billing@example.com",
        "https://hooks.example/in?page=2",
        "Basic plan, then Bearer bonds of the company",
        "SCAI-2026-000001",
        "2026-01-15T09:30:00Z",
        "tokens: 12",
        "live_long_and_prosper",
        "mail.basic",
        "sub_01KA1B2C3D4E5F6G7H8J9K0M1N",
        "invoice:inv_01KA1B2C3D4E5F6G7H8J9K0M1N:finalized:2",
        "f" * 64,
    ],
)
def test_what_people_write_stays_readable(text: str) -> None:
    assert redact_text(text) == text


def test_what_surrounds_a_secret_stays() -> None:
    assert redact_text(f"posted to https://me:{PLANTED}@x.example/in twice") == (
        f"posted to https://{REDACTED}@x.example/in twice"
    )
    assert redact_text(f"Bearer {PLANTED}, sent by tom") == f"Bearer {REDACTED}, sent by tom"
