"""Every value that a callable use case takes or gives survives the way into JSON and back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, get_args, get_origin

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_adapters.annotations import resolve
from scaicontrol_adapters.calling import Call, is_function
from scaicontrol_adapters.plain_errors import error_from, error_to
from scaicontrol_adapters.serialization import from_plain, is_unset, to_plain
from scaicontrol_core.billing.errors import InvoiceImmutable
from scaicontrol_core.kernel.editing import UNSET
from scaicontrol_core.kernel.errors import ErrorKind, FieldError, Invalid, NotFound, ScaiControlError
from scaicontrol_core.tenancy.seller import PartnerConfiguration
from scaicontrol_core.tenancy.tenant import TenantChanges
from scaicontrol_http.calls.offered import offered
from tests.services.call_arguments import Arguments

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
PLAIN = JSON | st.dates() | st.datetimes(timezones=st.just(UTC)) | st.decimals(allow_nan=False, allow_infinity=False)


@cache
def kinds() -> tuple[Any, ...]:
    """Return every attrs class within arguments and results."""
    found: dict[Any, None] = {}
    for use_case in offered().values():
        call = Call.of(use_case)
        for each in (*(parameter.annotation for parameter in call.parameters.values()), call.result):
            found |= dict.fromkeys(_within(each, set()))
    return tuple(found)


def _within(kind: Any, met: set[Any]) -> Iterator[Any]:
    for each in get_args(kind):
        if not is_function(each) and not isinstance(each, list):
            yield from _within(each, met)
    if isinstance(kind, type) and attrs.has(kind) and get_origin(kind) is None and kind not in met:
        met.add(kind)
        resolve(kind)
        yield kind
        for field in attrs.fields(kind):
            if field.init:
                yield from _within(field.type, met)


@given(PLAIN)
def test_values_of_no_type_survive(value: Any) -> None:
    written = json.loads(json.dumps(to_plain({"it": value}, dict[str, Any])))
    assert from_plain(written, dict[str, Any]) == {"it": value}


@given(st.dictionaries(st.none() | st.text(alphabet="$ab", max_size=4), JSON, max_size=4))
def test_names_that_look_like_signs_survive(value: Any) -> None:
    from scaicontrol_adapters.plain_values import from_any, to_any  # noqa: PLC0415

    assert from_any(json.loads(json.dumps(to_any(value)))) == value


SCALARS: tuple[tuple[Any, st.SearchStrategy[Any]], ...] = (
    (int, st.integers()),
    (bool, st.booleans()),
    (str, st.text()),
    (bytes, st.binary()),
    (Decimal, st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=-(10**15), max_value=10**15)),
    (date, st.dates()),
    (datetime, st.datetimes(timezones=st.just(UTC))),
    (timedelta, st.timedeltas()),
    (tuple[int, ...], st.lists(st.integers()).map(tuple)),
    (tuple[str, int | None], st.tuples(st.text(), st.none() | st.integers())),
    (frozenset[str], st.frozensets(st.text())),
    (dict[str, Decimal], st.dictionaries(st.text(), st.decimals(allow_nan=False, allow_infinity=False, places=2))),
    (date | datetime, st.dates() | st.datetimes(timezones=st.just(UTC))),
)


@pytest.mark.parametrize(("kind", "values"), SCALARS, ids=lambda each: str(each)[:40])
@given(data=st.data())
def test_scalars_and_collections_survive(kind: Any, values: st.SearchStrategy[Any], data: st.DataObject) -> None:
    value = data.draw(values)
    again = from_plain(json.loads(json.dumps(to_plain(value, kind))), kind)
    assert again == value
    assert type(again) is type(value)


@pytest.mark.parametrize("kind", [int, str, bool, date, datetime, Decimal, bytes, tuple[int, ...], tuple[str, int]])
@pytest.mark.parametrize("raw", [1.5, [1.5], {"a": 1}, "", "no", True, None, 7, [1, 2, 3], "NaN", "1e400000"])
def test_nothing_is_taken_for_something_else(kind: Any, raw: Any) -> None:
    """Whatever is read is, written again, what it was."""
    with suppress(Invalid):
        written = to_plain(from_plain(raw, kind), kind)
        assert (list(written) if isinstance(raw, list) else written) == raw
        assert type(written) is type(raw) or isinstance(raw, list)


SAMPLES = Arguments({})


def test_every_class_survives_that_a_sample_can_be_made_of() -> None:
    """The samples are the smallest of their kind; of some classes there are none without a story."""
    made, refused = [], []
    for kind in kinds():
        try:
            value = from_plain(SAMPLES.value(kind, kind.__name__), kind)
        except ScaiControlError as wrong:
            refused.append(f"{kind.__name__}: {wrong.code} {wrong.fields}")
            continue
        written = to_plain(value, kind)
        again = from_plain(json.loads(json.dumps(written)), kind)
        assert to_plain(again, kind) == written, kind
        made.append(kind.__name__)
    assert len(made) > len(refused) * 3, refused


def test_what_is_not_set_is_left_out_and_stays_so() -> None:
    changes = TenantChanges(name="x", external_reference=None)
    written = to_plain(changes, TenantChanges)
    assert written == {"name": "x", "external_reference": None}
    assert from_plain(written, TenantChanges) == changes
    assert from_plain({}, TenantChanges).name is UNSET
    assert is_unset(attrs.fields(TenantChanges).name.type)


@pytest.mark.parametrize("kind", ErrorKind)
def test_errors_keep_kind_code_and_fields(kind: ErrorKind) -> None:
    told: dict[str, Any] = {
        "kind": kind.value,
        "code": "some_code",
        "detail": "It is so.",
        "errors": [],
        "hint": "Do that.",
    }
    error = error_from(told)
    assert error.kind is kind
    assert error_to(error) == told


def test_errors_are_of_the_class_of_their_code() -> None:
    for error in (NotFound.of("tenant", "x"), InvoiceImmutable("A-1", "sent"), Invalid.field("/a", "No.")):
        again = error_from(error_to(error))
        assert (again.kind, again.code, again.message, again.fields, again.hint) == (
            error.kind, error.code, error.message, error.fields, error.hint,
        )  # fmt: skip
    assert isinstance(error_from(error_to(InvoiceImmutable("A-1", "sent"))), InvoiceImmutable)
    assert FieldError("/a", "No.") in error_from(error_to(Invalid.field("/a", "No."))).fields


def test_secrets_of_providers_are_not_shown_in_answers() -> None:
    configuration = PartnerConfiguration(provider_config={"mollie": {"api_key": "live_123", "mode": "live"}})
    assert "live_123" in str(to_plain(configuration, PartnerConfiguration))
    shown = to_plain(configuration, PartnerConfiguration, redacted=True)
    assert "live_123" not in str(shown)
    assert from_plain(shown, PartnerConfiguration).provider_config["mollie"]["mode"] == "live"
