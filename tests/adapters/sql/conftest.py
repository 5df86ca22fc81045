"""Databases for the tests of the SQL adapter: each runs on SQLite and on MariaDB."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from scaicontrol_adapters.sql.engine import Database, create_engine
from scaicontrol_adapters.sql.unit_of_work import SqlUnitOfWorkFactory
from scaicontrol_core.access import Actor
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.testing import FixedClock, SequentialIds, builders

PLATFORM = Actor.system("test")
RESELLER, RIVAL = PartnerId("prt_reseller"), PartnerId("prt_rival")
OURS, THEIRS = TenantId("tnt_ours"), TenantId("tnt_theirs")


@pytest.fixture(params=["sqlite", pytest.param("mariadb", marks=pytest.mark.services)])
async def database(request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """A migrated, empty database."""
    opened = create_engine(request.getfixturevalue(f"migrated_{request.param}_url"))
    yield opened
    await opened.aclose()


@pytest.fixture
def work(database: Database) -> SqlUnitOfWorkFactory:
    """Units of work over it."""
    return SqlUnitOfWorkFactory(database, FixedClock(), SequentialIds())


@pytest.fixture
async def market(work: SqlUnitOfWorkFactory) -> SqlUnitOfWorkFactory:
    """An operator, two resellers, and a customer with a billing profile of each of the two."""
    async with work.begin(PLATFORM) as begun:
        await begun.partners.add(builders.new_partner())
        for partner_id, tenant_id, prefix in ((RESELLER, OURS, "RES"), (RIVAL, THEIRS, "RIV")):
            await begun.partners.add(
                builders.new_partner(partner_id, operator=False, name=prefix, invoice_number_prefix=prefix)
            )
            await begun.tenants.add(builders.new_tenant(tenant_id, partner_id))
            await begun.billing_profiles.add(builders.new_profile(tenant_id, partner_id))
        await begun.commit()
    return work
