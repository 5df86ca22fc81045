"""Every field of everything that is kept survives being written and read, on both databases' column types."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from attrs import asdict, fields, has
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import mysql, sqlite

from scaicontrol_adapters.sql.mapping import Fields
from scaicontrol_adapters.sql.repositories import (
    audit,
    billing,
    brand,
    catalog,
    commissions,
    delivery,
    documents,
    identity,
    invoices,
    jobs,
    packs,
    payment_methods,
    payments,
    recurrences,
    sending,
    subscriptions,
    tax,
    templates,
    tenancy,
    unit_costs,
    webhook_deliveries,
    wholesale,
)
from scaicontrol_adapters.sql.rows import Row
from scaicontrol_adapters.sql.rows.billing import BilledPeriodRow, InvoiceLineRow, NumberSeriesRow
from scaicontrol_adapters.sql.rows.catalog import PackItemRow, UnitCostRow, UsagePriceRow
from scaicontrol_adapters.sql.rows.commissions import CommissionEntryRow
from scaicontrol_adapters.sql.rows.delivery import DeliveryAttemptRow, WebhookDeliveryRow, WebhookHealthRow
from scaicontrol_adapters.sql.rows.documents import DocumentRevisionRow
from scaicontrol_adapters.sql.rows.identity import GroupMemberRow
from scaicontrol_adapters.sql.rows.journal import AuditRow
from scaicontrol_adapters.sql.rows.sending import SendEntryRow
from scaicontrol_adapters.sql.rows.subscriptions import SubscriptionMrrRow
from scaicontrol_adapters.sql.rows.tax import ExchangeRateRow
from scaicontrol_adapters.sql.rows.templates import TemplateVersionRow
from scaicontrol_adapters.sql.rows.tenancy import VatEvidenceRow
from scaicontrol_adapters.sql.rows.wholesale import WholesaleChargeRow
from scaicontrol_adapters.sql.types import UtcInstant
from scaicontrol_core.billing.line import InvoiceLine
from scaicontrol_core.delivery.webhook_terms import WebhookTerms
from scaicontrol_core.kernel import ids
from scaicontrol_core.kernel.period import Cadence, Period
from scaicontrol_core.subscriptions.schedule import BillingSchedule

DIALECTS = [sqlite.dialect(), mysql.dialect()]
#: What the core imports for type checkers only.
NAMES = {
    "InvoiceLine": InvoiceLine,
    "Period": Period,
    "BillingSchedule": BillingSchedule,
    "Cadence": Cadence,
    "Mapping": Mapping,
    "WebhookTerms": WebhookTerms,
    **vars(ids),
}

#: All that is kept: the mapper, the row class, and the fields that tables of their own hold.
KEPT: dict[str, tuple[Fields[Any], type[Any], tuple[str, ...]]] = {
    **{
        table.row.__tablename__: (table.fields, table.row, left_out)
        for table, left_out in (
            (tenancy._PARTNERS, ()),
            (tenancy._TENANTS, ()),
            (tenancy._PROFILES, ()),
            (catalog._SERVICES, ()),
            (catalog._PLANS, ("usage_pricing",)),
            (catalog._PACKS, ("items",)),
            (subscriptions._SUBSCRIPTIONS, ()),
            (packs._PACK_SUBSCRIPTIONS, ()),
            (invoices._INVOICES, ("lines",)),
            (billing._RUNS, ()),
            (billing._PAGES, ()),
            (payments._PAYMENTS, ()),
            (payment_methods._METHODS, ()),
            (commissions._STATEMENTS, ("entries",)),
            (brand._ASSETS, ()),
            (sending._REQUESTS, ()),
            (delivery._SUBSCRIPTIONS, ()),
            (templates._TEMPLATES, ()),
            (identity._USERS, ()),
            (identity._GROUPS, ()),
            (identity._ROLES, ()),
            (identity._RUNS, ()),
            (jobs._JOBS, ()),
        )
    },
    "group_members": (identity._MEMBERSHIP, GroupMemberRow, ()),
    "plan_usage_pricing": (catalog._TIERS.fields, UsagePriceRow, ()),
    "service_pack_items": (catalog._ITEMS.fields, PackItemRow, ()),
    "subscription_mrr": (recurrences._ROWS, SubscriptionMrrRow, ()),
    "invoice_lines": (invoices._LINES.fields, InvoiceLineRow, ()),
    "number_series": (billing._SERIES, NumberSeriesRow, ()),
    "billed_periods": (billing._LEDGER, BilledPeriodRow, ()),
    "commission_entries": (commissions._ENTRIES.fields, CommissionEntryRow, ()),
    "wholesale_charges": (wholesale._CHARGES, WholesaleChargeRow, ()),
    "document_revisions": (documents._REVISION, DocumentRevisionRow, ()),
    "webhook_healths": (delivery._HEALTH, WebhookHealthRow, ()),
    "webhook_deliveries": (webhook_deliveries._DELIVERY, WebhookDeliveryRow, ()),
    "webhook_attempts": (webhook_deliveries._ATTEMPT, DeliveryAttemptRow, ()),
    "send_history": (sending._ENTRY, SendEntryRow, ()),
    "document_template_versions": (templates._VERSION, TemplateVersionRow, ()),
    "exchange_rates": (tax._RATES, ExchangeRateRow, ()),
    "unit_costs": (unit_costs._COSTS, UnitCostRow, ()),
    "vat_evidence": (tenancy._EVIDENCE, VatEvidenceRow, ()),
    "audit_log": (audit._ENTRY, AuditRow, ()),
}

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
BY_TYPE: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    int: st.integers(-(10**15), 10**15),
    bool: st.booleans(),
    date: st.dates(date(1000, 1, 1)),
    datetime: st.datetimes(datetime(1000, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001
    Decimal: st.decimals(-(10**17), 10**17, places=9),
    Any: JSON,
}


def anything(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of a type as the core annotates it, valid by the business's rules or not."""
    kind = getattr(kind, "__supertype__", kind)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind in BY_TYPE:
        return BY_TYPE[kind]
    if kind is type(None):
        return st.none()
    if origin in (typing.Union, types.UnionType):
        return st.one_of([anything(argument) for argument in arguments])
    if origin is tuple:
        return st.lists(anything(arguments[0]), max_size=3).map(tuple)
    if origin in (dict, Mapping):
        return st.dictionaries(TEXT, anything(arguments[1]), max_size=3)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(kind)
    if has(kind):
        return instance_of(kind)
    raise TypeError(f"no idea how to make a {kind}")


def instance_of(kind: type[Any]) -> st.SearchStrategy[Any]:
    """An object with every field filled in, whatever its own constructor would say."""
    hints = typing.get_type_hints(kind, localns=NAMES)

    def build(values: dict[str, Any]) -> Any:
        made = object.__new__(kind)
        for name, value in values.items():
            object.__setattr__(made, name, value)
        return made

    return st.fixed_dictionaries(
        {
            attribute.name: st.builds(list) if attribute.name == "_events" else anything(hints[attribute.name])
            for attribute in fields(kind)
        }
    ).map(build)


def through_the_database(row: type[Any], values: dict[str, Any], dialect: Any) -> dict[str, Any]:
    """Send each value through its column's type, as the driver would get and give it."""
    seen = {}
    for name, value in values.items():
        kind = row.__table__.columns[name].type.dialect_impl(dialect)
        bind, result = kind.bind_processor(dialect), kind.result_processor(dialect, None)
        kept = bind(value) if bind else value
        seen[name] = result(kept) if result else kept
    return seen


def leaves(value: Any) -> Iterator[tuple[type, Any]]:
    """Flatten a value to its parts with their types: equal is not enough, an enum equals its text."""
    if has(type(value)):
        for attribute in fields(type(value)):
            yield from leaves(getattr(value, attribute.name))
    elif isinstance(value, tuple):
        for item in value:
            yield from leaves(item)
    else:
        yield type(value), value


@pytest.mark.parametrize("name", KEPT)
@given(draw=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_every_field_survives(name: str, draw: st.DataObject) -> None:
    mapper, row, left_out = KEPT[name]
    strategy = instance_of(mapper.kind)
    if left_out:
        strategy = _without(mapper, left_out)
    kept = draw.draw(strategy)
    for dialect in DIALECTS:
        read = mapper.read(through_the_database(row, mapper.write(kept), dialect))
        assert type(read) is mapper.kind
        assert list(leaves(read)) == list(leaves(kept))


def _without(mapper: Fields[Any], left_out: tuple[str, ...]) -> st.SearchStrategy[Any]:
    """Objects whose fields with a table of their own are empty, wherever they sit."""

    def emptied(made: Any) -> Any:
        for part in (made, getattr(made, "terms", None)):
            for name in left_out:
                if part is not None and name in asdict(part, recurse=False):
                    object.__setattr__(part, name, ())
        return made

    return instance_of(mapper.kind).map(emptied)


def test_every_row_of_a_feature_has_a_mapper_here() -> None:
    machinery = {
        "outbox_events",
        "outbox_head",
        "outbox_event_services",
        "idempotency_keys",
        "consumer_turnovers",
    }  # the last is one sum, read by name
    # Usage comes by the million: its repositories name the columns themselves, and its contract tests read them back.
    usage = {name for name in Row.metadata.tables if name.startswith("usage_")}
    assert set(Row.metadata.tables) - machinery - usage == set(KEPT)


@pytest.mark.parametrize("name", KEPT)
def test_every_column_is_written(name: str) -> None:
    mapper, row, _ = KEPT[name]
    derived = {
        "partners": {"search_text", "operator_slot"},
        "document_templates": {"language_key"},
        "tenants": {"search_text"},
        "users": {"search_text", "seen_run"},
        "user_groups": {"search_text", "seen_run"},
        "group_members": {"seen_run"},
        "custom_roles": {"live_name"},
        "directory_runs": {"open_slot"},
        "plans": {"plan_key"},
        "billing_runs": {"open_key"},
        "exchange_rates": {"import_id", "imported_at"},
        "unit_costs": {"import_id", "recorded_at", "recorded_by"},
        "subscriptions": {"exclusive_key", "next_billing_on", "ripe_at"},
        "pack_subscriptions": {"next_billing_on", "ripe_at"},
        "invoices": {"line_count", "order_date", "order_number"},
        "plan_usage_pricing": {"plan_id", "position"},
        "service_pack_items": {"pack_id", "position"},
        "invoice_lines": {"invoice_id", "position", "tenant_id", "partner_id"},
        "commission_entries": {"statement_id", "position", "partner_id"},
    }
    assert set(row.__table__.columns.keys()) == set(mapper.columns) | derived.get(name, set())


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        UtcInstant().process_bind_param(datetime(2026, 1, 1), DIALECTS[0])  # noqa: DTZ001
