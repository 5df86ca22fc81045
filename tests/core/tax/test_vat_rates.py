"""Rates change on a date; the day before still has the old one."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.tax import RateTable, UnknownRate, VatRate, parse_rates, standard_rates

TODAY = date(2026, 11, 20)
CURRENT = {
    "AT": 2000, "BE": 2100, "BG": 2000, "CY": 1900, "CZ": 2100, "DE": 1900, "DK": 2500, "EE": 2400, "ES": 2100,
    "FI": 2550, "FR": 2000, "GR": 2400, "HR": 2500, "HU": 2700, "IE": 2300, "IT": 2200, "LT": 2100, "LU": 1700,
    "LV": 2100, "MT": 1800, "NL": 2100, "PL": 2300, "PT": 2300, "RO": 2100, "SE": 2500, "SI": 2200, "SK": 2300,
    "PT-20": 1600, "PT-30": 2200, "GP": 850, "MQ": 850, "RE": 850,
}  # fmt: skip
#: Territory, first day of the new rate, rate before, rate from that day.
CHANGES = [
    ("DE", date(2020, 7, 1), 1900, 1600),
    ("DE", date(2021, 1, 1), 1600, 1900),
    ("IE", date(2020, 9, 1), 2300, 2100),
    ("IE", date(2021, 3, 1), 2100, 2300),
    ("PT-20", date(2021, 7, 1), 1800, 1600),
    ("LU", date(2023, 1, 1), 1700, 1600),
    ("LU", date(2024, 1, 1), 1600, 1700),
    ("EE", date(2024, 1, 1), 2000, 2200),
    ("EE", date(2025, 7, 1), 2200, 2400),
    ("FI", date(2024, 9, 1), 2400, 2550),
    ("SK", date(2025, 1, 1), 2000, 2300),
    ("RO", date(2025, 8, 1), 1900, 2100),
]


@pytest.mark.parametrize(("territory", "rate_bp"), CURRENT.items())
def test_the_rate_in_force(territory: str, rate_bp: int) -> None:
    assert standard_rates().rate_on(territory, TODAY).rate_bp == rate_bp


@pytest.mark.parametrize(("territory", "day", "before", "after"), CHANGES)
def test_a_change_takes_effect_on_its_day_and_not_before(territory: str, day: date, before: int, after: int) -> None:
    rates = standard_rates()
    assert rates.rate_on(territory, day - timedelta(days=1)).rate_bp == before
    assert rates.rate_on(territory, day).rate_bp == after


def test_nothing_else_changed_since_2020() -> None:
    starts = {(row.territory, row.valid_from) for row in standard_rates().rows if row.valid_from > date(2020, 1, 1)}
    assert starts == {(territory, day) for territory, day, _, _ in CHANGES}


def test_the_table_has_one_rate_per_territory_and_day_and_a_law_for_each() -> None:
    rates = standard_rates()
    assert {row.territory for row in rates.rows} == set(CURRENT)
    assert len({row.rate_id for row in rates.rows}) == len(rates.rows)
    assert all(row.source for row in rates.rows)
    day = date(2020, 1, 1)
    while day <= TODAY:
        in_force = rates.on(day)
        assert len(in_force) == len(CURRENT)
        assert all(rates.rate_on(row.territory, day) is row for row in in_force)
        day += timedelta(days=13)


def test_before_the_table_begins_and_elsewhere_the_rate_is_unknown() -> None:
    rates = standard_rates()
    assert rates.rate_on("NL", date(2012, 10, 1)).rate_bp == 2100
    for territory, day in [("DE", date(2019, 12, 31)), ("NL", date(2012, 9, 30)), ("CH", TODAY)]:
        with pytest.raises(UnknownRate) as refused:
            rates.rate_on(territory, day)
        assert refused.value.code == "vat_rate_unknown"
        assert refused.value.fields[0].pointer == "/supply_date"


def row(rate_id: str, rate_bp: int, valid_from: date, valid_to: date | None = None, territory: str = "NL") -> VatRate:
    return VatRate(
        rate_id=rate_id, territory=territory, rate_bp=rate_bp, valid_from=valid_from, valid_to=valid_to, source="Bill 1"
    )


def test_a_rate_announced_for_the_future_is_loaded_today_and_applies_on_its_day() -> None:
    announced = standard_rates().with_rows([row("NL-2028", 2200, date(2028, 1, 1))])
    assert announced.rate_on("NL", TODAY).rate_bp == 2100
    assert announced.rate_on("NL", date(2027, 12, 31)).rate_bp == 2100
    assert announced.rate_on("NL", date(2028, 1, 1)).rate_bp == 2200
    assert standard_rates().rate_on("NL", date(2028, 1, 1)).rate_bp == 2100


def test_a_temporary_cut_is_two_rows() -> None:
    cut = [row("NL-2028", 1900, date(2028, 1, 1), date(2028, 6, 30)), row("NL-2028-07", 2100, date(2028, 7, 1))]
    rates = standard_rates().with_rows(cut)
    on = [rates.rate_on("NL", day).rate_bp for day in (date(2027, 12, 31), date(2028, 6, 30), date(2028, 7, 1))]
    assert on == [2100, 1900, 2100]
    changes = rates.changes_between("NL", date(2028, 6, 15), date(2028, 7, 15))
    assert [change.rate_id for change in changes] == ["NL-2028-07"]


@pytest.mark.parametrize(
    "rows",
    [
        [row("NL-2012-10", 2200, date(2028, 1, 1))],  # the id is taken
        [row("DE-x", 2000, date(2020, 8, 1), territory="DE")],  # within a row that has ended
        [row("NL-x", 2200, date(2012, 10, 1))],  # the same first day
    ],
)
def test_what_once_applied_is_never_rewritten(rows: list[VatRate]) -> None:
    with pytest.raises(Invalid) as refused:
        standard_rates().with_rows(rows)
    assert refused.value.code == "vat_rate_row_invalid"


@pytest.mark.parametrize("wrong", [{"rate_bp": 0}, {"rate_bp": 10_000}, {"source": ""}, {"valid_to": date(2019, 1, 1)}])
def test_a_row_that_says_nothing_sensible_is_refused(wrong: dict[str, object]) -> None:
    sound = {"rate_id": "X", "territory": "NL", "rate_bp": 2100, "valid_from": date(2020, 1, 1), "source": "Act"}
    with pytest.raises(Invalid):
        VatRate(**{**sound, **wrong})  # type: ignore[arg-type]


HEAD = "rate_id\tterritory\trate_bp\tvalid_from\tvalid_to\tsource\n"


def test_rows_are_read_in_the_form_of_the_shipped_table() -> None:
    text = "# announced\n\n" + HEAD + "NL-2028\tNL\t2200\t2028-01-01\t\tWet OB art. 9(1)\n"
    (read,) = parse_rates(text)
    assert RateTable((read,)).rate_on("NL", date(2028, 5, 5)).percent == "22.00"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "NL\t2200\n",
        HEAD + "NL-1\tNL\t22.00\t2028-01-01\t\tAct\n",
        HEAD + "NL-1\tNL\t2200\tsoon\t\tAct\n",
        HEAD + "NL\n",
    ],
)
def test_a_malformed_table_names_the_line(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_rates(text)
    assert refused.value.code == "vat_rate_row_invalid"
