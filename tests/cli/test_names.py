"""The command line and the HTTP API call things by the same names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec import UNSET

from scaicontrol_http.audit.schemas import AuditEntryAnswer
from scaicontrol_http.billing.run_schemas import RunAnswer, SeriesAuditAnswer
from scaicontrol_http.billing.schemas import InvoiceAnswer, InvoiceSummaryAnswer, LineAnswer, VoidAnswer
from scaicontrol_http.catalog.packs import AdminPackAnswer
from scaicontrol_http.catalog.schemas import PackItemAnswer, RegistryPlanAnswer
from scaicontrol_http.subscriptions.schemas import SubscriptionAnswer
from scaicontrol_http.tenancy.schemas import BillingProfileAnswer, PartnerAnswer, TenantAnswer

World = Callable[..., Any]
PACK = """
packs:
- {slug: both, name: Both, billing_period: monthly, currency: EUR, base_price_cents: 6000, items: [keys.pro, mail.pro]}
"""


def same_names(shown: dict[str, Any], answer: type[Any]) -> None:
    """Fail unless the JSON has the fields of the HTTP answer, no more and none fewer that is always there."""
    always = {name for name, default in zip(*_defaults(answer), strict=True) if default is not UNSET}
    assert always <= set(shown) <= set(answer.__struct_fields__)


def _defaults(answer: type[Any]) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    names, defaults = answer.__struct_fields__, answer.__struct_defaults__
    return names, (*(None for _ in range(len(names) - len(defaults))), *defaults)


def test_names_of_tenancy(world: World) -> None:
    same_names(world("admin", "tenants", "show", "acme", "--json").json, TenantAnswer)
    same_names(world("admin", "tenants", "billing-profile", "acme", "--json").json, BillingProfileAnswer)
    same_names(world("admin", "partners", "show", "operator", "--json").json, PartnerAnswer)


def test_names_of_subscriptions(world: World) -> None:
    sold = world("admin", "subscriptions", "create", "acme", "keys.pro", "--json").json
    same_names(sold, SubscriptionAnswer)
    history = world("admin", "subscriptions", "history", sold["id"], "--json").json
    assert set(history) == {"items", "total", "next_cursor"}
    same_names(history["items"][0], AuditEntryAnswer)


def test_names_of_the_catalogue(world: World, home: Path) -> None:
    same_names(world("admin", "plans", "list", "--json").json["items"][0], RegistryPlanAnswer)
    (home / "pack.yaml").write_text(PACK)
    world("admin", "catalog", "import", "pack.yaml")
    pack = world("admin", "packs", "list", "--json").json["items"][0]
    assert set(pack) == set(AdminPackAnswer.__struct_fields__)
    same_names(pack["items"][0], PackItemAnswer)


def test_names_of_billing(world: World) -> None:
    made = world("admin", "invoices", "create", "acme", "--line", "1 x 100 Thing", "--json").json
    same_names(made, InvoiceAnswer)
    read = world("admin", "invoices", "show", made["id"], "--json").json
    assert set(read) == set(InvoiceAnswer.__struct_fields__) - {"warnings"}, "which stand where one is finalized"
    same_names(made["lines"][0], LineAnswer)
    world("admin", "invoices", "finalize", made["id"], "--yes")
    same_names(world("admin", "invoices", "list", "--json").json["items"][0], InvoiceSummaryAnswer)
    same_names(world("admin", "invoices", "numbering-audit", "--json").json["items"][0], SeriesAuditAnswer)
    same_names(world("admin", "invoices", "void", made["id"], "--reason", "x", "--yes", "--json").json, VoidAnswer)
    run = world("admin", "billing", "run", "--period", "2026-01", "--json").json
    same_names(run, RunAnswer)
    same_names(world("admin", "billing", "show", run["id"], "--json").json, RunAnswer)
