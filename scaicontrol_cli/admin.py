"""The operator's commands, one group per feature."""

from __future__ import annotations

import typer

from scaicontrol_cli import (
    audit_log,
    auditing,
    billing,
    catalog,
    entitlements,
    event_feed,
    exchange_rates,
    histories,
    invoices,
    jobs,
    partners,
    payments,
    plans,
    reports,
    roles,
    secrets,
    subscriptions,
    templates,
    tenants,
    usage,
    user_groups,
    users,
    webhooks,
)
from scaicontrol_cli.remote.target import Options, Token, TokenFile, Url, add

app = typer.Typer(
    help="Everything an operator does with customers, catalogue, subscriptions and invoices.",
    rich_markup_mode=None,
    invoke_without_command=True,
    add_completion=False,
)


@app.callback()
def _admin(context: typer.Context, url: Url = "", token: Token = "", token_file: TokenFile = "") -> None:
    add(Options(url, token, token_file))
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


app.add_typer(tenants.app, name="tenants")
app.add_typer(partners.app, name="partners")
app.add_typer(users.app, name="users")
app.add_typer(user_groups.app, name="groups")
app.add_typer(roles.app, name="roles")
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
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(event_feed.app, name="events")
app.add_typer(jobs.app, name="jobs")
app.add_typer(secrets.app, name="secrets")
app.add_typer(audit_log.app, name="audit-log")
app.command("audit")(auditing.audit)
histories.add_to(
    {
        "tenants": tenants.app,
        "partners": partners.app,
        "plans": plans.app,
        "packs": plans.packs,
        "payments": payments.app,
        "templates": templates.app,
        "billing": billing.app,
    }
)

__all__ = ["app"]
