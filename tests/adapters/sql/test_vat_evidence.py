"""Evidence on VAT numbers stays as it was kept: the database refuses, whoever writes."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, update

from scaicontrol_adapters.sql.rows.tenancy import VatEvidenceRow
from scaicontrol_adapters.sql.unit_of_work import SqlUnitOfWorkFactory
from scaicontrol_core.access import Actor
from scaicontrol_core.kernel.errors import Refused
from scaicontrol_core.tenancy.use_cases.attest_vat_number import Attestation, AttestVatNumber
from scaicontrol_core.testing import FixedClock, SequentialIds, builders

PLATFORM = Actor.system("test")


@pytest.mark.parametrize("statement", [update(VatEvidenceRow).values(state="valid"), delete(VatEvidenceRow)])
async def test_nobody_changes_or_removes_evidence(work: SqlUnitOfWorkFactory, statement: Any) -> None:
    async with work.begin(PLATFORM) as begun:
        await begun.partners.add(builders.new_partner())
        await begun.tenants.add(builders.new_tenant())
        await begun.billing_profiles.add(builders.new_profile())
        await begun.commit()
    attest = AttestVatNumber(work, FixedClock(), SequentialIds())
    await attest(PLATFORM, builders.TENANT_ID, Attestation(note="Extract seen."))
    with pytest.raises(Refused) as refused:
        async with work.begin(PLATFORM) as begun:
            await begun.transaction.update(statement, {})
    assert refused.value.code == "vat_evidence_append_only"
    with pytest.raises(Refused):
        async with work.database.writer.begin() as connection:
            await connection.execute(statement)
