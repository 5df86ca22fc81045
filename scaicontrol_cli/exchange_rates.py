"""``scaicontrol admin exchange-rates``: the ECB's reference rates that foreign currencies are converted with."""

from __future__ import annotations

from typing import Annotated

import typer

from scaicontrol_cli.arguments import DEFAULT_LIMIT, AsJson, Cursor, Limit, PageNumber, Sort, day, page
from scaicontrol_cli.context import call
from scaicontrol_cli.groups import group
from scaicontrol_cli.output import Column, Json, columns, print_json, print_note, print_page

app = group("Exchange rates of the European Central Bank.")


@app.command("import")
def import_rates(
    file: Annotated[str, typer.Argument(help="eurofxref-daily.xml or -hist.xml of the ECB; - is standard input.")],
    as_json: AsJson = False,
) -> None:
    """Keep the rates that are not known yet, all or nothing; the same file again changes nothing."""
    from scaicontrol_adapters.ecb.reading import read_rates
    from scaicontrol_cli.files import read_text
    from scaicontrol_core.billing.use_cases.import_exchange_rates import ImportExchangeRates
    from scaicontrol_core.kernel.events import to_json

    rates = read_rates(read_text(file).encode())
    imported = call(lambda session: session.use(ImportExchangeRates)(session.actor, rates))
    if as_json:
        print_json(to_json(imported))
    else:
        days = f"{imported.first_day} to {imported.last_day}"
        print_note(f"{imported.added} rates are new, {imported.known} were known ({days}).")


@app.command("list")
def list_rates(
    currency: Annotated[str | None, typer.Option(help="Only those of this currency.")] = None,
    on: Annotated[str | None, typer.Option(help="Only those of this day, e.g. 2026-01-31.")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    page_number: PageNumber = None,
    sort: Sort = None,
    as_json: AsJson = False,
) -> None:
    """List exchange rates, units per euro, newest first."""
    from scaicontrol_core.billing.use_cases.list_exchange_rates import ListExchangeRates
    from scaicontrol_core.kernel.events import to_json
    from scaicontrol_core.tax.exchange_rates import ExchangeRate
    from scaicontrol_core.tax.ports import ExchangeRateFilter

    wanted = ExchangeRateFilter(currency=currency.upper() if currency else None, day=day(on, "/on"))
    request = page(limit, cursor, page_number, sort)

    def shown(rate: ExchangeRate) -> Json:
        return dict(to_json(rate))

    found = call(lambda session: session.use(ListExchangeRates)(session.actor, wanted, request))
    print_page(found, shown, (*columns("day", "currency"), Column("rate", "rate", right=True)), as_json=as_json)
