"""What the database itself refuses of payments, whoever writes and by whatever path."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

import pytest
from sqlalchemy import Table, delete, update
from sqlalchemy.exc import DBAPIError

from scaicontrol_adapters.sql.rows.payments import PaymentRow
from scaicontrol_adapters.sql.types import UtcInstant
from scaicontrol_adapters.sql.unit_of_work import SqlUnitOfWorkFactory
from scaicontrol_core.access import Actor
from scaicontrol_core.billing.draft_input import DraftInput, LineInput
from scaicontrol_core.billing.use_cases.draft_invoice import DraftInvoice
from scaicontrol_core.billing.use_cases.finalize_invoice import FinalizeInvoice
from scaicontrol_core.documents.einvoice.precheck import EInvoiceCheck
from scaicontrol_core.kernel.errors import Refused, ScaiControlError
from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_core.payments.payment_input import NewPayment
from scaicontrol_core.payments.use_cases.record_payment import RecordPayment
from scaicontrol_core.tax import standard_rates
from scaicontrol_core.testing import FixedClock, SequentialIds
from scaicontrol_core.testing.clock import DEFAULT_START

PLATFORM = Actor.system("test")
PAYMENTS = cast("Table", PaymentRow.__table__)
MAY_CHANGE = {"status", "provider", "reference", "failure_code", "settled_at", "returned_cents", "version"}
FIXED = [column for column in PAYMENTS.columns if column.name not in MAY_CHANGE]
OTHERS: dict[type, Any] = {str: "x", int: 7, date: date(2031, 1, 1)}


@pytest.fixture
async def paid(market: SqlUnitOfWorkFactory) -> SqlUnitOfWorkFactory:
    """A payment of 100 cents."""
    clock, ids = FixedClock(), SequentialIds()
    lines = (LineInput(description="Advice", unit_price_cents="10000"),)
    draft = await DraftInvoice(market, clock, ids)(PLATFORM, TenantId("tnt_ours"), DraftInput(lines=lines))
    invoice = await FinalizeInvoice(market, clock, standard_rates(), EInvoiceCheck())(PLATFORM, draft.id)
    await RecordPayment(market, clock, ids)(PLATFORM, invoice.id, NewPayment(amount_cents=100))
    return market


async def _refused(work: SqlUnitOfWorkFactory, statement: Any) -> str:
    with pytest.raises(Refused) as refused:
        async with work.database.writer.begin() as connection:
            await connection.execute(statement)
    return refused.value.code


@pytest.mark.parametrize("column", FIXED, ids=lambda column: column.name)
async def test_nothing_that_it_says_of_the_money_is_changed(paid: SqlUnitOfWorkFactory, column: Any) -> None:
    is_instant = isinstance(column.type, UtcInstant)
    other = DEFAULT_START.replace(year=2031) if is_instant else OTHERS[column.type.python_type]
    values = update(PAYMENTS).values({column.name: other})
    assert await _refused(paid, values) == "payment_immutable"


async def test_it_is_neither_taken_away_nor_made_to_have_failed(paid: SqlUnitOfWorkFactory) -> None:
    assert await _refused(paid, delete(PAYMENTS)) == "payment_immutable"
    assert await _refused(paid, update(PAYMENTS).values(status="failed")) == "payment_immutable"
    assert await _refused(paid, update(PAYMENTS).values(reference="another")) == "payment_immutable"


@pytest.mark.parametrize("cents", [-1, 101])
async def test_never_more_goes_back_than_came(paid: SqlUnitOfWorkFactory, cents: int) -> None:
    with pytest.raises((ScaiControlError, DBAPIError)):
        async with paid.database.writer.begin() as connection:
            await connection.execute(update(PAYMENTS).values(returned_cents=cents))
