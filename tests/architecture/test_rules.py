"""Each rule finds what it is there to find, and lets pass what only looks like it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.architecture import rules, use_cases
from tests.architecture.sources import Finding, Module

Rule = Callable[[Module], Iterator[Finding]]

BAD: list[tuple[Rule, str]] = [
    (rules.uses_float, "price = 19.99"),
    (rules.uses_float, "price = 1e3"),
    (rules.uses_float, "def price(net: float) -> int: ..."),
    (rules.uses_float, "def price(net: int | None) -> 'float': ..."),
    (rules.uses_float, "price = float('19.99')"),
    (rules.reads_the_clock, "from datetime import datetime\nissued = datetime.now(UTC)"),
    (rules.reads_the_clock, "import datetime\nissued = datetime.datetime.utcnow()"),
    (rules.reads_the_clock, "from datetime import date\ndue = date.today()"),
    (rules.reads_the_clock, "import datetime\nfactory = datetime.date.today"),
    (rules.reads_the_clock, "import time\nstarted = time.monotonic()"),
    (rules.uses_chance, "import uuid\nkey = uuid.uuid4()"),
    (rules.uses_chance, "from uuid import uuid4\nkey = uuid4()"),
    (rules.uses_chance, "import secrets\nkey = secrets.token_hex(8)"),
    (rules.imports_too_much, "import random"),
    (rules.imports_too_much, "import time"),
    (rules.imports_too_much, "from os import path"),
    (rules.imports_too_much, "from urllib.request import urlopen"),
    (rules.imports_too_much, "import sqlalchemy.orm"),
    (rules.imports_too_much, "from scaicontrol_adapters.settings import Settings"),
    (rules.imports_too_much, "def late():\n    from jinja2 import Environment"),
    (rules.sets_status_outside_move, "def void(self):\n    self.status = 'void'"),
    (rules.sets_status_outside_move, "def void(self):\n    self.status, self.reason = 'void', 'typo'"),
    (rules.sets_status_outside_move, "def void(invoice):\n    setattr(invoice, 'status', 'void')"),
    (rules.sets_status_outside_move, "def void(self):\n    object.__setattr__(self, 'status', 'void')"),
    (rules.sets_status_outside_move, "invoice.status: str = 'void'"),
    (rules.lacks_docstring, "price = 1"),
    (rules.lacks_docstring, '"""   """'),
    (rules.has_vague_name, "class InvoiceManager: ..."),
    (rules.has_vague_name, "class VATHelper: ..."),
    (rules.has_vague_name, "class DateUtils: ..."),
    (rules.writes_raw_sql, "session.execute(text('SELECT 1'))"),
    (rules.writes_raw_sql, "import sqlalchemy as sa\nsession.execute(sa.text('SELECT 1'))"),
    (rules.writes_raw_sql, "from sqlalchemy import text as words"),
    (rules.takes_a_named_lock, "connection.execute('SELECT GET_LOCK(%s, 10)')"),
    (rules.takes_a_named_lock, "connection.execute(f'select get_lock({name}, 10)')"),
    (rules.takes_a_named_lock, "select(func.get_lock('numbers', 10))"),
]

GOOD: list[tuple[Rule, str]] = [
    (rules.uses_float, "price = 1999\ndef floating(rate: Decimal) -> int: ..."),
    (rules.uses_float, '"""A float has no place here."""'),
    (rules.reads_the_clock, "now = self.clock.now()\nday = local_date(now, zone)\ntoday = clock.today(zone)"),
    (rules.uses_chance, "key = self.ids.new('inv')"),
    (rules.imports_too_much, "from decimal import Decimal\nfrom attrs import frozen\nfrom stdnum.eu import vat"),
    (rules.imports_too_much, "from scaicontrol_core.kernel.money import Money\nfrom .lifecycle import EDGES"),
    (rules.sets_status_outside_move, "def _move(self, target):\n    require(target)\n    self.status = target"),
    (rules.sets_status_outside_move, "class Invoice:\n    status: str = field()\n    was = other.status"),
    (rules.lacks_docstring, '"""What is owed."""'),
    (rules.has_vague_name, "class Utilisation: ...\nclass Management: ..."),
    (rules.writes_raw_sql, "rows = select(Row.text).where(Row.note == 'text')"),
    (rules.takes_a_named_lock, '"""Never GET_LOCK: it protects nothing."""\nrow = select(Row).with_for_update()'),
]

USE_CASE = '''"""Void a draft."""
from attrs import frozen
from scaicontrol_core.billing.invoice import Invoice

@frozen
class VoidInvoice:
    """Void it."""
    work: object

    async def __call__(self, actor, invoice_id):
        """Return it."""
        actor.require(Permission.ADMIN_BILLING)
        return await self._void(invoice_id)

    async def _void(self, invoice_id): ...
'''

BAD_USE_CASES: list[tuple[Rule, str, str]] = [
    (use_cases.is_not_one_use_case, "async def __call__", "async def run"),
    (
        use_cases.is_not_one_use_case,
        "@frozen",
        "@frozen\nclass Second:\n    async def __call__(self, actor): ...\n@frozen",
    ),
    (use_cases.has_another_shape, "@frozen", "@define"),
    (use_cases.has_another_shape, "async def __call__", "def __call__"),
    (use_cases.has_another_shape, "self, actor, invoice_id", "self, invoice_id, actor"),
    (use_cases.has_another_shape, "_void(self", "void(self"),
    (use_cases.asks_no_permission, "actor.require(Permission.ADMIN_BILLING)", "pass"),
    (use_cases.asks_no_permission, "actor.require(", "other.require("),
    (use_cases.imports_another_use_case, "core.billing.invoice", "core.billing.use_cases.finalize_invoice"),
    (use_cases.imports_another_use_case, "core.billing.invoice", "core.billing.use_cases"),
]


@pytest.mark.parametrize(("rule", "source"), BAD, ids=lambda value: getattr(value, "__name__", None))
def test_a_rule_finds_what_breaks_it(rule: Rule, source: str) -> None:
    assert list(rule(Module.parse(source)))


@pytest.mark.parametrize(("rule", "source"), GOOD, ids=lambda value: getattr(value, "__name__", None))
def test_a_rule_lets_pass_what_only_looks_like_it(rule: Rule, source: str) -> None:
    assert [str(finding) for finding in rule(Module.parse(source))] == []


def test_a_module_s_own_name_counts_too() -> None:
    vague = Module.parse('"""Dates."""', "scaicontrol_core/kernel/date_utils.py")
    assert [str(finding) for finding in rules.has_vague_name(vague)] == [
        "scaicontrol_core/kernel/date_utils.py:1: 'utils' in the module's name"
    ]


@pytest.mark.parametrize(("rule", "was", "becomes"), BAD_USE_CASES, ids=lambda value: getattr(value, "__name__", None))
def test_a_use_case_of_another_shape_is_found(rule: Rule, was: str, becomes: str) -> None:
    path = "scaicontrol_core/billing/use_cases/void_invoice.py"
    assert was in USE_CASE
    assert list(rule(Module.parse(USE_CASE, path))) == []
    assert list(rule(Module.parse(USE_CASE.replace(was, becomes), path)))
