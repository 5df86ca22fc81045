"""How a simulation begins: a folder and a database of its own, sellers, a catalogue; nobody bought anything yet."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.settings import Settings
from scaicontrol_adapters.sql.migrate import migrate
from scaicontrol_cli.simulation.company import Company
from scaicontrol_core.catalog.use_cases.import_catalogue import ImportCatalogue
from scaicontrol_core.kernel.errors import Conflict
from scaicontrol_core.simulation.population import population
from scaicontrol_core.simulation.randomness import Stream
from scaicontrol_core.simulation.register import ScenarioRegister
from scaicontrol_core.simulation.virtual import SeededIds, VirtualClock
from scaicontrol_core.tax import VatNumberFormat
from scaicontrol_core.tenancy.selling import sells_itself
from scaicontrol_core.tenancy.use_cases.bootstrap_operator import BootstrapOperator
from scaicontrol_core.tenancy.use_cases.create_partner import CreatePartner

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import date
    from pathlib import Path

    from scaicontrol_core.simulation.population import Customer
    from scaicontrol_core.simulation.scenario import Scenario

_DAWN = time(0, 30, tzinfo=UTC)


def settings_of(folder: Path) -> Settings:
    """Return the settings of a simulation: embedded, in its folder, whatever the environment says."""
    # One renderer: several would finish in an order of their own, and ids follow that order.
    return Settings(data_dir=folder.resolve(), vies_url="none", background_jobs="", pdf_workers=1)


def require_fresh(folder: Path) -> None:
    """Raise ``Conflict`` (``simulation_folder_taken``) unless the folder is empty or not there yet."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Conflict(
            f"{folder} is not an empty folder.",
            code="simulation_folder_taken",
            hint="A simulation begins from nothing: name another folder with --into, or remove this one.",
        )


@asynccontextmanager
async def founded(scenario: Scenario, folder: Path) -> AsyncIterator[Company]:
    """Open a company in a fresh folder, with its sellers and its catalogue."""
    settings = settings_of(folder)
    await migrate(settings.database_url)
    root = Stream.of(scenario.seed)
    clock = VirtualClock(datetime.combine(scenario.starts_on, _DAWN))
    register = ScenarioRegister()
    ids = SeededIds(clock, root.fork("ids"))
    container = Container.from_settings(settings, clock=clock, ids=ids, alone=True)
    container.vat_register = register
    async with container:
        company = Company(
            scenario=scenario,
            container=container,
            clock=clock,
            register=register,
            newcomers=_newcomers(scenario, root),
        )
        await _set_up(company)
        yield company


def _newcomers(scenario: Scenario, root: Stream) -> dict[date, list[Customer]]:
    by_day: dict[date, list[Customer]] = {}
    numbers = VatNumberFormat()
    for customer in population(scenario, root, numbers.is_registrable):
        by_day.setdefault(customer.joins_on, []).append(customer)
    return by_day


async def _set_up(company: Company) -> None:
    scenario = company.scenario
    operator = await company.use(BootstrapOperator)(company.actor, scenario.operator)
    company.sellers[operator.id] = operator.name
    for reseller in scenario.resellers:
        partner = await company.use(CreatePartner)(company.actor, reseller.partner)
        company.resellers.append(partner.id)
        if sells_itself(is_operator=False, billing_model=reseller.partner.configuration.billing_model):
            company.sellers[partner.id] = partner.name
    await company.use(ImportCatalogue)(company.actor, scenario.catalogue_file)
