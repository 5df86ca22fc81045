"""Reading events: our own form and CloudEvents, exact or not at all."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.metering import Outcome, Reason, ReportedUsage
from scaicontrol_core.metering.cloud_events import is_cloud_event, read_cloud_event
from scaicontrol_core.metering.reading import read_report

EVENT = {
    "idempotency_key": "k",
    "tenant_id": "tnt_1",
    "metric": "api_calls",
    "quantity": 3,
    "occurred_at": "2026-03-01T00:30:00+01:00",
}
CLOUD = {
    "specversion": "1.0",
    "id": "4711",
    "source": "/gateways/7",
    "type": "com.example.api_calls",
    "subject": "tnt_1",
    "time": "2026-03-01T00:30:00+01:00",
    "data": {"value": "2.5", "path": "/v1", "size": Decimal("0.1")},
}


def read(**fields: Any) -> ReportedUsage | Reason | None:
    report = read_report(EVENT | fields)
    return report.reason if isinstance(report, Outcome) else report


def test_an_event_is_read_exactly() -> None:
    report = read(quantity=Decimal("0.000000001"), properties={"size": Decimal("1E+3"), "tags": [Decimal("1.50")]})
    assert isinstance(report, ReportedUsage)
    assert report.quantity == Decimal("0.000000001")
    assert report.occurred_at == datetime(2026, 2, 28, 23, 30, tzinfo=UTC)
    assert report.properties == {"size": "1000", "tags": ["1.5"]}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"idempotency_key": ""}, Reason.KEY_INVALID),
        ({"idempotency_key": "x" * 201}, Reason.KEY_INVALID),
        ({"idempotency_key": "a\x00b"}, Reason.KEY_INVALID),
        ({"idempotency_key": "a\ud800b"}, Reason.KEY_INVALID),
        ({"idempotency_key": 7}, Reason.KEY_INVALID),
        ({"tenant_id": None}, Reason.MALFORMED),
        ({"metric": ["api_calls"]}, Reason.MALFORMED),
        ({"sheep": 1}, Reason.MALFORMED),
        ({"correction": "yes"}, Reason.MALFORMED),
        ({"quantity": None}, Reason.QUANTITY_INVALID),
        ({"quantity": True}, Reason.QUANTITY_INVALID),
        ({"quantity": 0.1}, Reason.QUANTITY_INVALID),
        ({"quantity": "NaN"}, Reason.QUANTITY_INVALID),
        ({"quantity": "1e18"}, Reason.QUANTITY_INVALID),
        ({"quantity": "0.0000000001"}, Reason.QUANTITY_INVALID),
        ({"quantity": Decimal("1E-999999")}, Reason.QUANTITY_INVALID),
        ({"quantity": "-1"}, Reason.NEGATIVE_QUANTITY),
        ({"occurred_at": "2026-03-01T00:30:00"}, Reason.TIME_INVALID),
        ({"occurred_at": "yesterday"}, Reason.TIME_INVALID),
        ({"occurred_at": 1772323200}, Reason.TIME_INVALID),
        ({"occurred_at": "0001-01-01T00:00:00+14:00"}, Reason.TIME_INVALID),
        ({"properties": [1]}, Reason.PROPERTIES_INVALID),
        ({"properties": {"a": "x" * 5000}}, Reason.PROPERTIES_INVALID),
        ({"properties": {"a": "\ud800"}}, Reason.PROPERTIES_INVALID),
    ],
)
def test_what_cannot_be_read_is_told_why(fields: dict[str, Any], reason: Reason) -> None:
    assert read(**fields) is reason


def test_a_zero_is_a_zero_however_many_noughts_it_has() -> None:
    report = read(quantity="0E+999999999")
    assert isinstance(report, ReportedUsage)
    assert str(report.quantity) == "0"


@given(
    quantity=st.decimals(min_value=0, max_value=10**17, places=9),
    offset=st.sampled_from(["Z", "+00:00", "+05:30", "-08:00"]),
)
def test_the_same_is_the_same_however_it_is_written(quantity: Decimal, offset: str) -> None:
    instant = datetime(2026, 3, 1, 12, tzinfo=UTC)
    shifted = instant.astimezone(datetime.fromisoformat(f"2026-03-01T12:00:00{offset}").tzinfo)
    one = read(quantity=quantity, occurred_at=instant.isoformat())
    other = read(quantity=f"{quantity.normalize():f}", occurred_at=shifted.isoformat())
    assert isinstance(one, ReportedUsage)
    assert isinstance(other, ReportedUsage)
    assert one.content_hash("tnt_1") == other.content_hash("tnt_1")  # type: ignore[arg-type]


def test_a_cloud_event_needs_no_change() -> None:
    assert is_cloud_event(CLOUD)
    assert not is_cloud_event(EVENT)
    report = read_cloud_event(CLOUD)
    assert report == ReportedUsage(
        idempotency_key="/gateways/7 4711",
        tenant="tnt_1",
        metric="api_calls",
        quantity=Decimal("2.5"),
        occurred_at=datetime(2026, 2, 28, 23, 30, tzinfo=UTC),
        properties={"path": "/v1", "size": "0.1"},
    )


def test_a_cloud_event_without_data_counts_one() -> None:
    report = read_cloud_event({name: value for name, value in CLOUD.items() if name != "data"})
    assert isinstance(report, ReportedUsage)
    assert report.quantity == 1


@pytest.mark.parametrize(
    "fields", [{"specversion": "0.3"}, {"id": ""}, {"source": None}, {"type": 7}, {"subject": None}, {"data": "text"}]
)
def test_half_a_cloud_event_is_malformed(fields: dict[str, Any]) -> None:
    report = read_cloud_event(CLOUD | fields)
    assert isinstance(report, Outcome)
    assert report.reason is Reason.MALFORMED


@given(st.recursive(st.none() | st.booleans() | st.text() | st.integers(), lambda x: st.dictionaries(st.text(), x)))
def test_nothing_that_json_can_say_breaks_the_reading(raw: object) -> None:
    for noise in (raw, EVENT | {"properties": raw}, EVENT | {"quantity": raw}, EVENT | {"occurred_at": raw}):
        assert isinstance(read_report(noise), ReportedUsage | Outcome)
        assert isinstance(read_cloud_event(noise), ReportedUsage | Outcome)
