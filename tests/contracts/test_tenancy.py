"""What every store of partners, tenants and billing profiles promises."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.kernel.errors import Conflict, Invalid, NotFound, OutOfScope, Stale
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.tenancy import TenantFilter
from scaicontrol_core.tenancy.ports import UncheckedFilter
from scaicontrol_core.tenancy.tenant import TenantChanges
from scaicontrol_core.tenancy.vat_evidence import VatEvidenceRecord, VatEvidenceSource, VatNumberState
from scaicontrol_core.tenancy.vat_register import RegisterAnswer
from scaicontrol_core.testing import builders
from scaicontrol_core.testing.clock import DEFAULT_START

PLATFORM = Actor.system("contract")
RESELLER = PartnerId("prt_reseller")
RIVAL = PartnerId("prt_rival")
OURS, THEIRS = TenantId("tnt_ours"), TenantId("tnt_theirs")


@pytest.fixture
async def market(work_factory: Any) -> Any:
    """An operator, two resellers, and a customer with a profile of each of the two."""
    async with work_factory.begin(PLATFORM) as work:
        await work.partners.add(builders.new_partner())
        for partner_id, tenant_id, prefix in ((RESELLER, OURS, "RES"), (RIVAL, THEIRS, "RIV")):
            await work.partners.add(
                builders.new_partner(partner_id, operator=False, name=prefix, invoice_number_prefix=prefix)
            )
            await work.tenants.add(builders.new_tenant(tenant_id, partner_id, external_reference="t001"))
            await work.billing_profiles.add(builders.new_profile(tenant_id, partner_id))
        await work.commit()
    return work_factory


async def test_what_is_committed_reads_back_as_it_was(work_factory: Any) -> None:
    partner, tenant, profile = builders.new_partner(), builders.new_tenant(), builders.new_profile()
    async with work_factory.begin(PLATFORM) as work:
        await work.partners.add(partner)
        await work.tenants.add(tenant)
        await work.billing_profiles.add(profile)
        await work.commit()
    assert (partner.version, tenant.version, profile.version) == (1, 1, 1)
    async with work_factory.begin(PLATFORM, read_only=True) as work:
        seen_partner = await work.partners.get(partner.id)
        seen_tenant = await work.tenants.get(tenant.id)
        seen_profile = await work.billing_profiles.get(tenant.id)
    assert (seen_partner.name, seen_partner.is_operator, seen_partner.version) == ("ScaiLabs", True, 1)
    assert seen_partner.configuration == partner.configuration
    assert seen_partner.billing_linked_at == DEFAULT_START
    assert (seen_tenant.name, seen_tenant.partner_id, seen_tenant.created_at) == (
        tenant.name,
        partner.id,
        DEFAULT_START,
    )
    assert (seen_profile.details, seen_profile.vat_evidence) == (profile.details, profile.vat_evidence)
    assert not seen_partner.has_changed


async def test_what_is_not_committed_never_was(work_factory: Any) -> None:
    async with work_factory.begin(PLATFORM) as work:
        await work.partners.add(builders.new_partner())
    async with work_factory.begin(PLATFORM, read_only=True) as work:
        with pytest.raises(NotFound) as missing:
            await work.partners.get(builders.OPERATOR_ID)
        assert await work.partners.operator() is None
    assert missing.value.code == "partner_not_found"


async def test_changes_are_saved_and_counted(market: Any) -> None:
    later = DEFAULT_START + timedelta(days=1)
    async with market.begin(PLATFORM) as work:
        profile = await work.billing_profiles.get(OURS)
        profile.attest_vat_number("file 12", "Seen the register's extract.", later)
        await work.billing_profiles.save(profile)
        tenant = await work.tenants.get(OURS)
        tenant.update(TenantChanges(name="Renamed", is_active=False))
        await work.tenants.save(tenant)
        partner = await work.partners.get(RESELLER)
        partner.configure(evolve(partner.configuration, branding={"color": "#ff0000"}, commission_rate=1250), later)
        await work.partners.save(partner)
        await work.commit()
    async with market.begin(PLATFORM, read_only=True) as work:
        profile, tenant = await work.billing_profiles.get(OURS), await work.tenants.get(OURS)
        partner = await work.partners.get(RESELLER)
    assert profile.vat_evidence.is_valid
    assert profile.vat_evidence.checked_at == later
    assert (tenant.name, tenant.is_active) == ("Renamed", False)
    assert (partner.configuration.commission_rate, partner.configuration.branding) == (1250, {"color": "#ff0000"})
    assert (profile.version, tenant.version, partner.version) == (2, 2, 2)


async def test_of_two_editors_of_the_same_version_only_the_first_wins(market: Any) -> None:
    async with market.begin(PLATFORM, read_only=True) as work:
        mine, yours = await work.tenants.get(OURS), await work.tenants.get(OURS)
    mine.update(TenantChanges(name="Mine"))
    yours.update(TenantChanges(name="Yours"))
    async with market.begin(PLATFORM) as work:
        await work.tenants.save(mine)
        await work.commit()
    async with market.begin(PLATFORM) as work:
        with pytest.raises(Stale):
            await work.tenants.save(yours)
    async with market.begin(PLATFORM, read_only=True) as work:
        assert (await work.tenants.get(OURS)).name == "Mine"


async def test_there_is_one_operator(market: Any) -> None:
    second = builders.new_partner(PartnerId("prt_second"), invoice_number_prefix="SEC")
    async with market.begin(PLATFORM) as work:
        with pytest.raises(Conflict) as refusal:
            await work.partners.add(second)
        assert refusal.value.code == "operator_exists"
    async with market.begin(PLATFORM, read_only=True) as work:
        assert (await work.partners.operator()).id == builders.OPERATOR_ID


async def test_no_two_sellers_number_their_invoices_alike(market: Any) -> None:
    copycat = builders.new_partner(PartnerId("prt_copycat"), operator=False, invoice_number_prefix="RES")
    async with market.begin(PLATFORM) as work:
        with pytest.raises(Conflict) as refusal:
            await work.partners.add(copycat)
    assert refusal.value.code == "invoice_number_prefix_taken"
    async with market.begin(PLATFORM) as work:
        rival = await work.partners.get(RIVAL)
        rival.configure(evolve(rival.configuration, invoice_number_prefix="RES"), DEFAULT_START)
        with pytest.raises(Conflict) as refusal:
            await work.partners.save(rival)
    assert refusal.value.code == "invoice_number_prefix_taken"


async def test_partners_without_a_prefix_do_not_collide(work_factory: Any) -> None:
    async with work_factory.begin(PLATFORM) as work:
        for number in range(2):
            await work.partners.add(
                builders.new_partner(PartnerId(f"prt_{number}"), operator=False, invoice_number_prefix=None)
            )
        await work.commit()


async def test_an_external_reference_is_unique_within_its_partner_only(market: Any) -> None:
    async with market.begin(PLATFORM) as work:
        assert (await work.tenants.find_by_reference(RESELLER, "t001")).id == OURS
        assert (await work.tenants.find_by_reference(RIVAL, "t001")).id == THEIRS
        assert await work.tenants.find_by_reference(RESELLER, "T001") is None
        with pytest.raises(Conflict) as refusal:
            await work.tenants.add(builders.new_tenant(TenantId("tnt_x"), RESELLER, external_reference="t001"))
    assert refusal.value.code == "external_reference_taken"


async def test_many_tenants_may_have_no_reference(market: Any) -> None:
    async with market.begin(PLATFORM) as work:
        for number in range(3):
            await work.tenants.add(builders.new_tenant(TenantId(f"tnt_{number}"), RESELLER))
        await work.commit()


async def test_a_tenant_has_one_profile(market: Any) -> None:
    async with market.begin(PLATFORM) as work:
        with pytest.raises(Conflict):
            await work.billing_profiles.add(builders.new_profile(OURS, RESELLER))


async def test_profiles_are_found_one_by_one_and_many_at_once(market: Any) -> None:
    nobody = TenantId("tnt_nobody")
    async with market.begin(PLATFORM, read_only=True) as work:
        assert (await work.billing_profiles.find(OURS)).tenant_id == OURS
        assert await work.billing_profiles.find(nobody) is None
        assert await work.billing_profiles.exists(OURS)
        assert not await work.billing_profiles.exists(nobody)
        assert set(await work.billing_profiles.of_tenants([OURS, nobody, THEIRS])) == {OURS, THEIRS}
        assert set(await work.tenants.get_many([OURS, nobody, THEIRS])) == {OURS, THEIRS}
        assert await work.billing_profiles.of_tenants([]) == {}
        with pytest.raises(NotFound) as missing:
            await work.billing_profiles.get(nobody)
    assert missing.value.code == "billing_profile_not_found"


# -- scope -----------------------------------------------------------------------------------------


async def test_a_reseller_sees_itself_and_its_own_customers(market: Any) -> None:
    async with market.begin(Actor.partner_admin("rita", RESELLER), read_only=True) as work:
        assert [partner.id for partner in (await work.partners.list(PageRequest())).items] == [RESELLER]
        assert [tenant.id for tenant in (await work.tenants.list(PageRequest(), TenantFilter())).items] == [OURS]
        assert (await work.tenants.get(OURS)).partner_id == RESELLER
        assert await work.partners.operator() is None
        assert await work.tenants.find_by_reference(RIVAL, "t001") is None
        assert set(await work.billing_profiles.of_tenants([OURS, THEIRS])) == {OURS}
        for lookup in (
            work.partners.get(RIVAL),
            work.tenants.get(THEIRS),
            work.billing_profiles.get(THEIRS),
        ):
            with pytest.raises(NotFound):
                await lookup


async def test_a_customer_sees_itself_and_no_partner(market: Any) -> None:
    async with market.begin(Actor.tenant_user("tom", OURS, RESELLER, Role.TENANT_ADMIN), read_only=True) as work:
        assert (await work.tenants.get(OURS)).id == OURS
        assert (await work.billing_profiles.get(OURS)).tenant_id == OURS
        assert (await work.partners.list(PageRequest())).total == 0
        assert (await work.tenants.list(PageRequest(), TenantFilter())).total == 1
        for lookup in (
            work.partners.get(RESELLER),
            work.tenants.get(THEIRS),
            work.billing_profiles.get(THEIRS),
        ):
            with pytest.raises(NotFound):
                await lookup


async def test_a_stranger_sees_nobody(market: Any) -> None:
    async with market.begin(Actor.anonymous(), read_only=True) as work:
        assert (await work.partners.list(PageRequest())).total == 0
        assert (await work.tenants.list(PageRequest(), TenantFilter())).total == 0
        assert await work.billing_profiles.find(OURS) is None


async def test_a_seller_is_known_to_whoever_buys_from_it(market: Any) -> None:
    async with market.begin(Actor.tenant_user("tom", OURS, RESELLER), read_only=True) as work:
        own, operator = await work.sellers.own_and_operator(RESELLER)
    assert (own.id, operator.id) == (RESELLER, builders.OPERATOR_ID)


@pytest.mark.parametrize(
    "actor",
    [Actor.partner_admin("rita", RESELLER), Actor.tenant_user("tom", OURS, RESELLER)],
    ids=["partner", "tenant"],
)
async def test_nothing_is_written_for_somebody_else(market: Any, actor: Actor) -> None:
    async with market.begin(actor) as work:
        with pytest.raises(Exception, match="scope"):
            await work.tenants.add(builders.new_tenant(TenantId("tnt_smuggled"), RIVAL))
    async with market.begin(actor) as work:
        with pytest.raises(Exception, match="scope"):
            await work.billing_profiles.add(builders.new_profile(TenantId("tnt_smuggled"), RIVAL))
    async with market.begin(PLATFORM, read_only=True) as work:
        assert (await work.tenants.list(PageRequest(), TenantFilter(partner_id=RIVAL))).total == 1


async def test_a_foreign_row_brought_along_is_not_saved(market: Any) -> None:
    async with market.begin(PLATFORM, read_only=True) as work:
        theirs = await work.tenants.get(THEIRS)
    theirs.update(TenantChanges(name="Taken over"))
    async with market.begin(Actor.partner_admin("rita", RESELLER)) as work:
        with pytest.raises(Exception, match=r"scope|first|changed"):
            await work.tenants.save(theirs)
    async with market.begin(PLATFORM, read_only=True) as work:
        assert (await work.tenants.get(THEIRS)).name != "Taken over"


async def test_a_read_only_unit_of_work_writes_nothing(market: Any) -> None:
    async with market.begin(PLATFORM, read_only=True) as work:
        with pytest.raises(Exception, match="read-only"):
            await work.tenants.add(builders.new_tenant(TenantId("tnt_x"), RESELLER))


# -- lists -----------------------------------------------------------------------------------------


@pytest.fixture
async def crowd(market: Any) -> Any:
    """Twelve more customers of the reseller, named backwards, one an hour, every third inactive."""
    async with market.begin(PLATFORM) as work:
        for number in range(12):
            tenant = builders.new_tenant(
                TenantId(f"tnt_{number:02d}"),
                RESELLER,
                name=f"Klant {chr(ord('Z') - number)}",
                external_reference=f"ref-{number:02d}",
                created_at=DEFAULT_START + timedelta(hours=number + 1),
                is_active=number % 3 != 0,
            )
            await work.tenants.add(tenant)
        await work.commit()
    return market


@pytest.mark.parametrize("sort", [None, "created_at", "-created_at", "name", "-name"])
async def test_pages_show_every_tenant_once_and_in_order(crowd: Any, sort: str | None) -> None:
    async with crowd.begin(PLATFORM, read_only=True) as work:
        everyone = await work.tenants.list(PageRequest(sort=sort), TenantFilter())
        seen, cursor = [], None
        while True:
            page = await work.tenants.list(PageRequest(limit=5, cursor=cursor, sort=sort), TenantFilter())
            seen += [tenant.id for tenant in page.items]
            assert page.total == 14
            cursor = page.next_cursor
            if cursor is None:
                break
    assert seen == [tenant.id for tenant in everyone.items]
    assert len(set(seen)) == 14


async def test_pages_stay_put_when_others_add_rows(crowd: Any) -> None:
    async with crowd.begin(PLATFORM, read_only=True) as work:
        first = await work.tenants.list(PageRequest(limit=7), TenantFilter())
    async with crowd.begin(PLATFORM) as work:
        early = builders.new_tenant(TenantId("tnt_early"), RIVAL, created_at=DEFAULT_START - timedelta(days=1))
        await work.tenants.add(early)
        await work.commit()
    async with crowd.begin(PLATFORM, read_only=True) as work:
        second = await work.tenants.list(PageRequest(limit=7, cursor=first.next_cursor), TenantFilter())
    assert not {tenant.id for tenant in first.items} & {tenant.id for tenant in second.items}
    assert len(first.items) + len(second.items) == 14
    assert second.next_cursor is None


async def test_numbered_pages(crowd: Any) -> None:
    async with crowd.begin(PLATFORM, read_only=True) as work:
        third = await work.tenants.list(PageRequest(limit=5, page=3), TenantFilter())
        beyond = await work.tenants.list(PageRequest(limit=5, page=9), TenantFilter())
    assert (len(third.items), third.total) == (4, 14)
    assert (beyond.items, beyond.total, beyond.next_cursor) == ((), 14, None)


@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        (TenantFilter(partner_id=RIVAL), 1),
        (TenantFilter(is_active=False), 4),
        (TenantFilter(is_active=True), 10),
        (TenantFilter(search="KLANT z"), 1),
        (TenantFilter(search="ref-0"), 10),
        (TenantFilter(search="%"), 0),
        (TenantFilter(search="_"), 0),
        (TenantFilter(search="klant", is_active=False, partner_id=RESELLER), 4),
        (TenantFilter(partner_id=PartnerId("prt_nobody")), 0),
    ],
    ids=str,
)
async def test_filters(crowd: Any, criteria: TenantFilter, found: int) -> None:
    async with crowd.begin(PLATFORM, read_only=True) as work:
        page = await work.tenants.list(PageRequest(limit=1), criteria)
    assert page.total == found


async def test_a_search_finds_whatever_the_case_beyond_ascii(market: Any) -> None:
    async with market.begin(PLATFORM) as work:
        await work.tenants.add(builders.new_tenant(TenantId("tnt_strasse"), RIVAL, name="Größe & Söhne"))
        await work.commit()
    async with market.begin(PLATFORM, read_only=True) as work:
        assert (await work.tenants.list(PageRequest(), TenantFilter(search="GRÖSSE & SÖ"))).total == 1
        assert (await work.partners.list(PageRequest(), search="scailabs")).total == 1


async def test_lists_refuse_what_they_cannot_do(market: Any) -> None:
    async with market.begin(PLATFORM, read_only=True) as work:
        with pytest.raises(Invalid) as refusal:
            await work.tenants.list(PageRequest(sort="shoe_size"), TenantFilter())
        assert refusal.value.fields[0].pointer == "/sort"
        with pytest.raises(Invalid) as refusal:
            await work.partners.list(PageRequest(cursor="nonsense"))
        assert refusal.value.fields[0].pointer == "/cursor"


# -- audit -----------------------------------------------------------------------------------------


async def test_every_change_stands_in_the_audit_log_with_its_author(market: Any) -> None:
    actor = Actor.partner_admin("rita", RESELLER)
    async with market.begin(actor) as work:
        tenant = await work.tenants.get(OURS)
        tenant.update(TenantChanges(name="Renamed"))
        await work.tenants.save(tenant)
        await work.commit()
    async with market.begin(PLATFORM, read_only=True) as work:
        history = await work.audit_log.history("tenant", OURS, PageRequest())
    newest = history.items[0]
    assert (newest.action, newest.user_id, newest.partner_id, newest.tenant_id) == (
        "tenant.updated",
        "rita",
        RESELLER,
        OURS,
    )
    assert newest.details["changes"]["name"] == {"before": "Bakkerij Jansen", "after": "Renamed"}
    assert {entry.action for entry in history.items} == {
        "tenant.created",
        "tenant.billing_linked",
        "tenant.updated",
    }


# -- evidence on VAT numbers -----------------------------------------------------------------------


def evidence(number: int, tenant_id: TenantId = OURS, partner_id: PartnerId = RESELLER) -> VatEvidenceRecord:
    """Return a record with every field filled in, one an hour."""
    return VatEvidenceRecord(
        id=f"vev_{tenant_id}_{number}",
        tenant_id=tenant_id,
        partner_id=partner_id,
        asked_at=DEFAULT_START + timedelta(hours=number),
        vat_number="IE3507995F",
        as_typed="ie 3507995 f",
        state=VatNumberState.PENDING,
        source=VatEvidenceSource.VIES,
        reference="WAPIAAAA",
        requester="NL868355884B01",
        name="Äpfel & Söhne 💶",
        address="Straße 1\n1000 Ort",
        note="Seen.",
        error_code="MS_UNAVAILABLE",
        raw="x" * 70_000,
    )


async def test_evidence_reads_back_as_it_was_newest_first_and_by_pages(market: Any) -> None:
    records = [evidence(number) for number in range(3)]
    async with market.begin(PLATFORM) as work:
        for record in (*records, evidence(9, THEIRS, RIVAL)):
            await work.vat_evidence.add(record)
        await work.commit()
    async with market.begin(PLATFORM, read_only=True) as work:
        first = await work.vat_evidence.list(OURS, PageRequest(limit=2))
        rest = await work.vat_evidence.list(OURS, PageRequest(limit=2, cursor=first.next_cursor))
        assert (first.total, [*first.items, *rest.items]) == (3, records[::-1])
        oldest = await work.vat_evidence.list(OURS, PageRequest(sort="asked_at"))
        assert list(oldest.items) == records
        with pytest.raises(Invalid):
            await work.vat_evidence.list(OURS, PageRequest(sort="name"))


async def test_evidence_is_its_own_sellers_and_customers(market: Any) -> None:
    async with market.begin(Actor.partner_admin("rita", RESELLER)) as work:
        await work.vat_evidence.add(evidence(1))
        await work.commit()
    async with market.begin(Actor.partner_admin("rita", RESELLER)) as work:
        with pytest.raises(OutOfScope):
            await work.vat_evidence.add(evidence(2, THEIRS, RIVAL))
    for actor, seen in (
        (Actor.tenant_user("tom", OURS, RESELLER, Role.TENANT_ADMIN), 1),
        (Actor.partner_admin("ron", RIVAL), 0),
        (Actor.anonymous(), 0),
    ):
        async with market.begin(actor, read_only=True) as work:
            assert (await work.vat_evidence.list(OURS, PageRequest())).total == seen


async def test_who_may_be_due_for_the_register(market: Any) -> None:
    """Answered, silent, attested, never asked, and not a business: each found when its time has come."""
    hour, now = timedelta(hours=1), DEFAULT_START + timedelta(days=10)
    wanted: dict[str, dict[str, Any]] = {
        "a_answered": {"last": now - 25 * hour},
        "b_answered_lately": {"last": now - hour},
        "c_silent": {"last": now - hour, "silent": True},
        "d_silent_lately": {"last": now, "silent": True},
        "e_never": {},
        "f_attested": {"attested": True},
        "g_consumer": {"is_business": False},
        "h_no_number": {"vat_number": None},
    }
    async with market.begin(PLATFORM) as work:
        for key, story in wanted.items():
            tenant_id, details = (
                TenantId(f"tnt_{key}"),
                {name: each for name, each in story.items() if name in ("is_business", "vat_number")},
            )
            await work.tenants.add(builders.new_tenant(tenant_id, RESELLER))
            profile = builders.new_profile(tenant_id, RESELLER, **details)
            if story.get("attested"):
                profile.attest_vat_number(None, "Seen.", now - 100 * hour)
            elif story.get("silent"):
                profile.record_register_silence("TIMEOUT", story["last"])
            elif "last" in story:
                profile.record_register_answer(RegisterAnswer(valid=True), story["last"])
            await work.billing_profiles.add(profile)
        await work.commit()
    due = UncheckedFilter(answered_before=now - 24 * hour, asked_before=now - hour, changed_since=DEFAULT_START)
    async with market.begin(Actor.partner_admin("rita", RESELLER), read_only=True) as work:
        found = await work.billing_profiles.unchecked(due, after=None, limit=10)
        assert [each.tenant_id for each in found] == ["tnt_a_answered", "tnt_c_silent", "tnt_e_never", OURS]
        rest = await work.billing_profiles.unchecked(due, after=TenantId("tnt_a_answered"), limit=1)
        assert [each.tenant_id for each in rest] == ["tnt_c_silent"]
        late = evolve(due, changed_since=DEFAULT_START + hour)
        assert len(await work.billing_profiles.unchecked(late, after=None, limit=10)) == 2
        everybody = evolve(due, changed_since=None)
        assert len(await work.billing_profiles.unchecked(everybody, after=None, limit=10)) == 4
    async with market.begin(PLATFORM, read_only=True) as work:
        kept = await work.billing_profiles.get(TenantId("tnt_c_silent"))
        assert (kept.vat_evidence.attempts, kept.vat_evidence.error_code) == (1, "TIMEOUT")
        assert kept.vat_evidence.first_asked_at == now - hour
