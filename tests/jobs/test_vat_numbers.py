"""VAT numbers in the background: silence is waited out, and only who refuses us is an alarm."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from scaicontrol_adapters.container import Container
from scaicontrol_core.access import Actor
from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_core.tenancy.use_cases.get_billing_profile import GetBillingProfile
from scaicontrol_core.testing import builders
from scaicontrol_core.testing.builders import TENANT_ID
from scaicontrol_core.testing.register import MemoryRegister
from scaicontrol_jobs.vat_numbers import recheck_all_vat_numbers, recheck_vat_numbers

ADMIN = Actor.system("test")
GERMAN = "DE158950105"


@pytest.fixture
async def register(container: Container) -> MemoryRegister:
    """The register of a container with one German customer."""
    async with container.work.begin(ADMIN) as work:
        await work.partners.add(builders.new_partner())
        await work.tenants.add(builders.new_tenant())
        await work.billing_profiles.add(builders.new_profile(country_code="DE", vat_number=GERMAN))
        await work.commit()
    container.vat_register = MemoryRegister(known={GERMAN})
    return container.vat_register


async def test_who_was_never_asked_is_found_and_then_left_alone(container: Container, register: MemoryRegister) -> None:
    assert not await recheck_all_vat_numbers(container)
    assert not await recheck_vat_numbers(container)
    assert [question.vat_number for question in register.asked] == [GERMAN]
    profile = await container.use(GetBillingProfile)(ADMIN, TENANT_ID)
    assert profile.vat_evidence.is_valid


async def test_a_refusal_is_an_alarm_and_an_outage_is_not(container: Container, register: MemoryRegister) -> None:
    register.away.add("*")
    with capture_logs() as logs:
        await recheck_all_vat_numbers(container)
    assert logs == []
    register.refuses_us = "VAT_BLOCKED"
    async with container.work.begin(ADMIN) as work:
        other = TenantId("tnt_other")
        await work.tenants.add(builders.new_tenant(other))
        await work.billing_profiles.add(builders.new_profile(other, country_code="IE", vat_number="IE3507995F"))
        await work.commit()
    with capture_logs() as logs:
        await recheck_all_vat_numbers(container)
    assert [(entry["event"], entry["code"], entry["log_level"]) for entry in logs] == [
        ("vat_register_refuses_us", "VAT_BLOCKED", "error")
    ]


async def test_a_number_the_register_drops_is_warned_of(container: Container, register: MemoryRegister) -> None:
    register.known.clear()
    with capture_logs() as logs:
        await recheck_all_vat_numbers(container)
    assert [(entry["event"], entry["count"]) for entry in logs] == [("vat_numbers_refused", 1)]
