"""VAT decisions a second, JSON in and out, on one core in one process; beside reading and writing the same JSON."""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from itertools import cycle, islice

from scaicontrol_cli.vat import determine_vat
from tests.bench.measured import Measured

_SUPPLIES = 50_000
_AIM = 20_000
_BUYERS: tuple[dict[str, object], ...] = (
    {"buyer_country": "NL", "buyer_postal_code": "1017 EG"},
    {"buyer_country": "DE", "buyer_vat_number": "DE129273398", "vat_valid": True, "is_business": True},
    {"buyer_country": "FR", "buyer_postal_code": "97110"},
    {"buyer_country": "PT", "buyer_postal_code": "9000-001", "oss_registered": True},
    {"buyer_country": "US", "is_business": True},
    {"buyer_country": "EL", "buyer_vat_number": "EL094259216", "is_business": True},
)


def test_decisions_per_second(record: Callable[[Measured], None]) -> None:
    lines = [json.dumps(_supply(number, buyer)) for number, buyer in enumerate(islice(cycle(_BUYERS), _SUPPLIES))]

    started = time.perf_counter()
    for line in lines:
        json.dumps(json.loads(line))
    bare = _SUPPLIES / (time.perf_counter() - started)

    written = io.StringIO()
    with _typed("\n".join(lines)), redirect_stdout(written):
        started = time.perf_counter()
        determine_vat()
        rate = _SUPPLIES / (time.perf_counter() - started)

    assert written.getvalue().count("\n") == _SUPPLIES
    record(
        Measured("vat determine, 2 lines each", rate, "/s", "json.loads and json.dumps of the same", bare, _AIM / bare)
    )


def _supply(number: int, buyer: dict[str, object]) -> dict[str, object]:
    return {
        "id": number,
        "seller_country": "NL",
        "seller_vat": "NL868355884B01",
        "supply_date": "2026-11-20",
        "tax_exempt": False,
        "b2c_cross_border_turnover_cents": 0,
        "lines": [{"net_cents": 19_900 + number}, {"net_cents": -number}],
    } | buyer


@contextmanager
def _typed(text: str) -> Iterator[None]:
    before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(text.encode()))
    try:
        yield
    finally:
        sys.stdin = before
