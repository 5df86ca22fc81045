"""The operator's commands, one group per feature."""

from __future__ import annotations

from scaicontrol_cli import (
    auditing,
    billing,
    catalog,
    entitlements,
    exchange_rates,
    invoices,
    jobs,
    partners,
    payments,
    plans,
    reports,
    subscriptions,
    templates,
    tenants,
    usage,
)
from scaicontrol_cli.groups import group

app = group("Everything an operator does with customers, catalogue, subscriptions and invoices.")
app.add_typer(tenants.app, name="tenants")
app.add_typer(partners.app, name="partners")
app.add_typer(catalog.app, name="catalog")
app.add_typer(plans.app, name="plans")
app.add_typer(plans.packs, name="packs")
app.add_typer(subscriptions.app, name="subscriptions")
app.add_typer(invoices.app, name="invoices")
app.add_typer(billing.app, name="billing")
app.add_typer(payments.app, name="payments")
app.add_typer(usage.app, name="usage")
app.add_typer(entitlements.app, name="entitlements")
app.add_typer(reports.app, name="reports")
app.add_typer(exchange_rates.app, name="exchange-rates")
app.add_typer(templates.app, name="templates")
app.add_typer(jobs.app, name="jobs")
app.command("audit")(auditing.audit)

__all__ = ["app"]
