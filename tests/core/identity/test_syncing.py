"""Following the directory: what comes, changes and goes, and what may never go by mistake."""

from __future__ import annotations

import pytest

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.identity.errors import DirectoryAway, DirectoryIncoherent, SyncRunning
from scaicontrol_core.identity.group import GroupName
from scaicontrol_core.identity.run import FORGOTTEN, LEASE, Skipped, Tally
from scaicontrol_core.identity.snapshot import DirectoryPage
from scaicontrol_core.identity.use_cases.add_group_member import AddGroupMember
from scaicontrol_core.identity.use_cases.create_group import CreateGroup, NewGroup
from scaicontrol_core.identity.use_cases.set_user_roles import SetUserRoles
from scaicontrol_core.identity.use_cases.sync_directory import SyncDirectory
from scaicontrol_core.kernel.errors import Forbidden
from scaicontrol_core.testing.household import BOSS, House, user

CREW = ("ann", "bob", "cid", "dot", "eve", "fay", "gus", "hal", "ida", "joe")


async def test_people_come_change_and_go(house: House) -> None:
    house.knows(user("ann"), user("bob", tenant_id=house.acme), user("cid", tenant_id=house.theirs))
    house.groups(sales=["ann", "bob"])
    first = await house.sync()
    assert (first.users, first.groups, first.memberships) == (Tally(added=3), Tally(added=1), Tally(added=2))
    people = await house.people()
    assert people["ann"].partner_id == house.operator, "whoever names neither partner nor tenant is the operator's"
    assert (people["cid"].partner_id, people["cid"].tenant_id) == (house.reseller, house.theirs)
    house.knows(user("bob", tenant_id=house.acme, name="Bobby"))
    house.forget("cid")
    second = await house.sync()
    assert second.users == Tally(changed=1, removed=1, unchanged=1)
    people = await house.people()
    assert people["bob"].name == "Bobby"
    assert not people["cid"].is_active
    assert (await house.sync()).users == Tally(unchanged=2)


async def test_who_returns_is_let_in_again_with_the_roles_they_had(house: House) -> None:
    house.knows(user("ann"), user("bob"))
    await house.sync()
    ann = (await house.people())["ann"]
    await house.use(SetUserRoles)(BOSS, ann.id, ["partner_admin"])
    house.forget("ann")
    await house.sync()
    assert not (await house.people())["ann"].is_active
    house.knows(user("ann"))
    assert (await house.sync()).users == Tally(changed=1, unchanged=1)
    ann = (await house.people())["ann"]
    assert ann.is_active
    assert ann.counting_roles == {Role.PARTNER_ADMIN.value}


async def test_a_role_given_at_one_tenant_does_not_go_along_to_another(house: House) -> None:
    house.knows(user("bob", tenant_id=house.theirs))
    await house.sync()
    bob = (await house.people())["bob"]
    await house.use(SetUserRoles)(BOSS, bob.id, ["tenant_admin"])
    house.knows(user("bob", partner_id=house.reseller))
    await house.sync()
    bob = (await house.people())["bob"]
    assert bob.counting_roles == frozenset()
    house.knows(user("bob", tenant_id=house.theirs))
    await house.sync()
    assert (await house.people())["bob"].counting_roles == {"tenant_admin"}


async def test_who_moves_to_another_partner_is_out_where_they_were(house: House) -> None:
    house.knows(user("bob", tenant_id=house.acme), user("ann"))
    await house.sync()
    house.knows(user("bob", tenant_id=house.theirs))
    await house.sync()
    at_reseller = await house.people(partner_id=house.reseller)
    at_operator = await house.people(partner_id=house.operator)
    assert at_reseller["bob"].is_active
    assert not at_operator["bob"].is_active
    assert at_reseller["bob"].roles == ()


async def test_who_the_directory_says_is_out_is_out_at_once(house: House) -> None:
    house.knows(*(user(name) for name in CREW))
    await house.sync()
    house.knows(*(user(name, is_active=False) for name in CREW))
    report = await house.sync()
    assert report.users.changed == len(CREW)
    assert not [one for one in (await house.people()).values() if one.is_active]


async def test_users_of_unknown_tenants_are_reported_not_lost(house: House) -> None:
    house.knows(user("ann", tenant_id="tnt_nobodys"), user("bob", tenant_id=house.acme, partner_id=house.reseller))
    house.knows(user("cid", partner_id="prt_nobodys"), user("dot"))
    house.groups(sales=["ann", "dot"])
    report = await house.sync()
    assert report.users == Tally(added=1, skipped=3)
    assert {(each.external_id, each.reason) for each in report.skipped} == {
        ("ann", "unknown_tenant"),
        ("bob", "partner_mismatch"),
        ("cid", "unknown_partner"),
        ("sales/ann", "unknown_user"),
    }
    assert report.memberships == Tally(added=1, skipped=1)


async def test_whose_tenant_is_unknown_by_now_stays_as_they_were(house: House) -> None:
    house.knows(user("ann"), user("bob", tenant_id=house.acme))
    await house.sync()
    house.knows(user("bob", tenant_id="tnt_nobodys"))
    report = await house.sync()
    assert [each.reason for each in report.skipped] == ["unknown_tenant"]
    assert (await house.people())["bob"].is_active


async def test_an_empty_directory_deactivates_nobody(house: House) -> None:
    house.knows(user("ann"), user("bob"))
    house.groups(sales=["ann", "bob"])
    await house.sync()
    house.forget("ann", "bob")
    house.groups()
    report = await house.sync()
    assert report.held_back == 2 + 0 + 2, "one group may go; two of two people and memberships may not"
    assert all(one.is_active for one in (await house.people()).values())
    forced = await house.sync(force=True)
    assert forced.users.removed == 2
    assert not any(one.is_active for one in (await house.people()).values())


async def test_a_directory_that_shrank_implausibly_is_doubted(house: House) -> None:
    house.knows(*(user(name) for name in CREW))
    await house.sync()
    house.forget(*CREW[:6])
    assert (await house.sync()).users == Tally(unchanged=4, held_back=6)
    house.knows(*(user(name) for name in CREW[:2]))
    assert (await house.sync()).users == Tally(unchanged=6, removed=4), "four of ten may leave"


async def test_a_directory_that_lost_its_tail_deactivates_nobody_even_by_force(house: House) -> None:
    house.knows(*(user(name) for name in CREW))
    await house.sync()
    house.directory.cut_after = 9
    report = await house.sync(force=True)
    assert report.incomplete == ("users",)
    assert report.users == Tally(unchanged=9, held_back=1)


async def test_a_directory_that_changes_under_way_is_followed_next_time(house: House) -> None:
    house.knows(*(user(name) for name in CREW))
    await house.sync()
    house.directory.size, house.directory.calls = 3, 0

    def change(call: int) -> None:
        if call == 3:
            house.forget("ann", "ida")
            house.knows(user("abe"), user("kim"))

    house.directory.before = change
    await house.sync()
    house.directory.before = None
    await house.sync()
    people = {name for name, one in (await house.people()).items() if one.is_active}
    assert people == {*CREW, "abe", "kim"} - {"ann", "ida"}


async def test_a_failed_reading_goes_on_where_it_was(house: House) -> None:
    house.knows(*(user(name) for name in CREW))
    house.directory.size, house.directory.fails_at = 2, {4}
    with pytest.raises(DirectoryAway):
        await house.sync()
    assert len(await house.people()) == 6
    house.directory.calls, house.directory.fails_at = 0, set()
    report = await house.sync()
    assert report.users == Tally(added=10)
    assert house.directory.calls == 2 + 1 + 1


async def test_a_lost_cursor_begins_the_listing_anew(house: House) -> None:
    house.knows(*(user(name) for name in CREW))
    house.directory.size, house.directory.forgets_at = 4, {3}
    report = await house.sync()
    assert report.users == Tally(added=10, unchanged=8 - 0)
    assert report.incomplete == ()


async def test_slices_add_up_to_a_whole(house: House) -> None:
    house.knows(*(user(name) for name in CREW))
    house.directory.size = 1
    house.directory.before = lambda _: house.clock.advance(seconds=3)
    reports = [await house.sync(seconds=8)]
    while not reports[-1].is_done:
        reports.append(await house.sync(seconds=8))
    assert len(reports) > 3
    assert reports[-1].users == Tally(added=10)
    assert len({report.run_id for report in reports}) == 1


async def test_nobody_reads_it_twice_at_once(house: House) -> None:
    house.knows(user("ann"), user("bob"))
    house.directory.size = 1
    taken = []

    class Meanwhile:
        """A directory during whose reading somebody else begins."""

        def __getattr__(self, name: str) -> object:
            async def read(cursor: str | None) -> DirectoryPage[object]:
                with pytest.raises(SyncRunning):
                    await house.sync()
                taken.append(name)
                page: DirectoryPage[object] = await getattr(house.directory, name)(cursor)
                return page

            return read

    sync = SyncDirectory(house.work, house.clock, house.ids, Meanwhile(), house.retry)  # type: ignore[arg-type]
    assert (await sync(BOSS)).users == Tally(added=2)
    assert len(taken) == 4


async def test_who_was_silent_too_long_has_lost_the_reading(house: House) -> None:
    house.knows(user("ann"), user("bob"))
    house.directory.size = 1
    late: list[int] = []

    def pause(call: int) -> None:
        if call == 2 and not late:
            late.append(call)
            house.clock.advance(seconds=LEASE.seconds)

    house.directory.before = pause

    class Overtaken:
        """A directory so slow that somebody else has taken over by the time it answers."""

        def __getattr__(self, name: str) -> object:
            async def read(cursor: str | None) -> DirectoryPage[object]:
                page: DirectoryPage[object] = await getattr(house.directory, name)(cursor)
                if late == [2]:
                    late.append(0)
                    assert (await house.sync()).users == Tally(added=2)
                return page

            return read

    sync = SyncDirectory(house.work, house.clock, house.ids, Overtaken(), house.retry)  # type: ignore[arg-type]
    with pytest.raises(SyncRunning):
        await sync(BOSS)
    assert len(await house.people()) == 2


async def test_a_forgotten_reading_is_begun_anew(house: House) -> None:
    house.knows(user("ann"), user("bob"))
    house.directory.size, house.directory.fails_at = 1, {2}
    with pytest.raises(DirectoryAway):
        await house.sync()
    house.clock.advance(seconds=FORGOTTEN.seconds)
    report = await house.sync()
    assert report.users == Tally(added=1, unchanged=1)


async def test_a_directory_that_never_ends_is_given_up(house: House) -> None:
    class Endless:
        """A directory whose every page promises another one."""

        calls = 0

        async def users(self, cursor: str | None) -> DirectoryPage[object]:
            self.calls += 1
            return DirectoryPage(items=(user("ann"),), total=1, next_cursor=f"c{self.calls % 2}")

    sync = SyncDirectory(house.work, house.clock, house.ids, Endless(), house.retry)  # type: ignore[arg-type]
    with pytest.raises(DirectoryIncoherent):
        await sync(BOSS)


async def test_local_groups_and_their_members_are_not_the_directorys(house: House) -> None:

    house.knows(user("ann"), user("bob"))
    await house.sync()
    group = await house.use(CreateGroup)(BOSS, NewGroup(name=GroupName(name="Local")))
    await house.use(AddGroupMember)(BOSS, group.id, (await house.people())["ann"].id)
    assert (await house.sync()).memberships == Tally()
    assert (await house.people(group_id=group.id)).keys() == {"ann"}


async def test_only_the_platform_follows_the_directory(house: House) -> None:
    with pytest.raises(Forbidden):
        await house.use(SyncDirectory)(Actor.partner_admin("rita", house.reseller))
    with pytest.raises(Forbidden):
        await house.use(SyncDirectory)(Actor.tenant_user("tom", house.acme, house.operator, Role.TENANT_ADMIN))


def test_skips_name_what_they_skip() -> None:
    assert Skipped(kind="users", external_id="ann", reason="unknown_tenant").external_id == "ann"  # type: ignore[arg-type]
