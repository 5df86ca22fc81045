"""Numbers: whatever is drafted, refused, voided or raced, they count up by one and their dates with them."""

from __future__ import annotations

from datetime import date, timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.billing.chain import ChainLink, ChainWalk, chain_hash
from scaicontrol_core.billing.errors import ClockBehindSeries, IssueDateInvalid
from scaicontrol_core.billing.lifecycle import DocumentType
from scaicontrol_core.billing.numbering import NumberSeries, SeriesKey, fiscal_year
from scaicontrol_core.kernel.ids import PartnerId

SELLER = PartnerId("prt_seller")
START = date(2026, 6, 1)
#: What stands between a seller's prefix and the year.
INFIXES = {
    DocumentType.INVOICE: "",
    DocumentType.CREDIT_NOTE: "CN-",
    DocumentType.SELF_BILLED_INVOICE: "SB-",
    DocumentType.SELF_BILLED_CREDIT_NOTE: "SBCN-",
}
#: How far the clock of the next worker is from the first day, and the issue date it wishes for, if any.
WISHES = st.lists(st.tuples(st.integers(0, 5), st.none() | st.integers(-3, 6)), max_size=30)


def series(document_type: DocumentType = DocumentType.INVOICE, first: int = 1) -> NumberSeries:
    return NumberSeries(
        key=SeriesKey(SELLER, document_type, 2026), prefix="SCAI", first_number=first, next_number=first
    )


@given(WISHES, st.sampled_from(DocumentType), st.integers(1, 2_000_000))
def test_no_gap_no_duplicate_no_date_that_runs_back(
    wishes: list[tuple[int, int | None]], document_type: DocumentType, first: int
) -> None:
    own = series(document_type, first)
    issued: list[tuple[str, date]] = []
    for clock, wish in wishes:
        today = START + timedelta(days=clock)
        wanted = START + timedelta(days=wish) if wish is not None else None
        before = own.next_number
        try:
            day = own.issue_date(today, wanted)
        except (ClockBehindSeries, IssueDateInvalid):
            assert own.next_number == before
            continue
        assert day <= today + timedelta(days=1)
        assert wanted in (None, day)
        issued.append((own.take(day), day))
    infix = INFIXES[document_type]
    assert [number for number, _ in issued] == [
        f"SCAI-{infix}2026-{first + offset:06d}" for offset in range(len(issued))
    ]
    assert [day for _, day in issued] == sorted(day for _, day in issued)


@given(st.integers(-400, 400))
def test_a_clock_is_believed_within_a_day(behind: int) -> None:
    own = series()
    own.take(START)
    today = START - timedelta(days=behind)
    if behind > 1:
        with pytest.raises(ClockBehindSeries):
            own.issue_date(today)
    else:
        assert own.issue_date(today) == max(START, today)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 12))
def test_every_day_lies_in_one_fiscal_year(day: date, start_month: int) -> None:
    year = fiscal_year(day, start_month)
    assert date(year, start_month, 1) <= day < date(year + 1, start_month, 1)


TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), min_size=1, max_size=12)


def chained(texts: list[str]) -> tuple[NumberSeries, list[ChainLink]]:
    own = series()
    links = []
    for sequence, text in enumerate(texts, 1):
        number = own.take(START)
        links.append(ChainLink(sequence, number, START.isoformat(), text, own.link(text)))
    return own, links


def walked(own: NumberSeries, links: list[ChainLink]) -> list[str]:
    walk = ChainWalk(str(own.key))
    for link in links:
        walk.step(link)
    walk.finish(own.next_number, own.last_hash)
    walk.check_counter(own.next_number)
    return [fault.number for fault in walk.faults]


@given(TEXTS)
def test_an_honest_chain_has_no_faults(texts: list[str]) -> None:
    assert walked(*chained(texts)) == []


@given(TEXTS, st.data())
def test_any_change_of_any_text_is_named(texts: list[str], data: st.DataObject) -> None:
    own, links = chained(texts)
    place = data.draw(st.integers(0, len(links) - 1))
    other = data.draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=20).filter(texts[place].__ne__))
    honest = links[place]
    links[place] = ChainLink(place + 1, honest.number, honest.issue_date, other, honest.chain_hash)
    assert walked(own, links) == [honest.number]


@given(TEXTS, st.data())
def test_any_document_taken_away_is_missed(texts: list[str], data: st.DataObject) -> None:
    own, links = chained(texts)
    del links[data.draw(st.integers(0, len(links) - 1))]
    assert walked(own, links)


@given(TEXTS.filter(lambda texts: len(texts) > 1), st.data())
def test_no_two_documents_change_places_unseen(texts: list[str], data: st.DataObject) -> None:
    own, links = chained(texts)
    places = st.integers(0, len(links) - 1)
    first = data.draw(places)
    second = data.draw(places.filter(first.__ne__))
    links[first], links[second] = links[second], links[first]
    assert walked(own, links)


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_a_hash_is_plain_sha256_of_what_came_before_and_the_text(first: str, second: str) -> None:
    previous = sha256(first.encode()).hexdigest()
    assert chain_hash(previous, second) == sha256(previous.encode() + second.encode()).hexdigest()
