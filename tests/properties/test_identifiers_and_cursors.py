"""Identifiers sort by their time; cursors bring back exactly what was put into them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.delivery.secret_keeping import made_at
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.ids import ENTROPY_BITS, compose_id, milliseconds_of
from scaicontrol_core.kernel.paging import MAX_LIMIT, PageRequest, decode_cursor, encode_cursor
from scaicontrol_core.testing import SequentialIds

moments = st.integers(0, 2**45)  # until the year 3084
entropies = st.integers(0, 2**ENTROPY_BITS - 1)


@given(moments, entropies, moments, entropies)
def test_identifiers_sort_as_their_times_do(one: int, first: int, two: int, second: int) -> None:
    earlier, later = compose_id("tnt", one, first), compose_id("tnt", two, second)
    assert (earlier < later) == ((one, first) < (two, second))
    assert (earlier == later) == ((one, first) == (two, second))


@given(st.sampled_from(["prt", "tnt", "inv"]), moments, entropies)
def test_an_identifier_fits_its_column_and_survives_a_url(prefix: str, moment: int, entropy: int) -> None:
    identifier = compose_id(prefix, moment, entropy)
    assert len(identifier) <= 36
    assert identifier.startswith(f"{prefix}_")
    assert identifier.removeprefix(f"{prefix}_").isalnum()


@given(moments, entropies)
def test_an_identifier_tells_when_it_was_made(moment: int, entropy: int) -> None:
    assert milliseconds_of(compose_id("sec", moment, entropy)) == moment


@given(st.text(max_size=40))
def test_what_is_no_identifier_tells_nothing(text: str) -> None:
    assert milliseconds_of(text) is None
    assert made_at(f"webhooks/{compose_id('whs', 1, 1)}/{text}") is None
    assert made_at(f"webhooks/{text}/{compose_id('sec', 1, 1)}") is None


@given(st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=26, max_size=26))
def test_a_time_beyond_all_calendars_is_none(body: str) -> None:
    made = made_at(f"webhooks/{compose_id('whs', 1, 1)}/sec_{body}")
    assert (made is not None) == ((milliseconds_of(f"sec_{body}") or 0) <= 2**47)


@given(st.lists(st.sampled_from(["prt", "tnt", "sub"]), min_size=2, max_size=50))
def test_predictable_identifiers_never_repeat_and_only_grow(prefixes: list[str]) -> None:
    ids = SequentialIds()
    bodies = [ids.new(prefix).partition("_")[2] for prefix in prefixes]
    assert bodies == sorted(set(bodies))


keys = st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30), min_size=1, max_size=4)


@given(keys)
def test_a_cursor_reads_back_as_its_keys(parts: list[str]) -> None:
    cursor = encode_cursor(*parts)
    assert decode_cursor(cursor, len(parts)) == tuple(parts)
    assert cursor.isascii()
    assert not set(cursor) & set("=/+&?# ")


@given(st.text(max_size=40), st.integers(2, 4))
def test_any_text_is_a_cursor_or_is_refused(text: str, parts: int) -> None:
    told: tuple[str, str] | None = None
    try:
        keys = decode_cursor(text, parts)
    except Invalid as refusal:
        told = (refusal.code, refusal.fields[0].pointer)
    else:
        assert len(keys) == parts
    assert told in (None, ("cursor_invalid", "/cursor"))


@given(st.integers(-10, MAX_LIMIT + 10))
def test_a_page_has_between_one_and_two_hundred_rows(limit: int) -> None:
    if 1 <= limit <= MAX_LIMIT:
        assert PageRequest(limit=limit).limit == limit
        return
    with pytest.raises(Invalid) as refusal:
        PageRequest(limit=limit)
    assert refusal.value.fields[0].pointer == "/limit"


def test_pages_are_counted_from_one() -> None:
    assert PageRequest(page=3, limit=20).offset == 40
    assert PageRequest().offset == 0
    with pytest.raises(Invalid):
        PageRequest(page=0)
