"""Following a directory comes to the directory: whole or by pages, interrupted, repeated, in any order of pages."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from scaicontrol_core.identity.diff import diff
from scaicontrol_core.identity.errors import DirectoryAway
from scaicontrol_core.identity.run import Tally
from scaicontrol_core.identity.snapshot import DirectoryGroup, DirectoryMembership, DirectoryUser, Snapshot
from scaicontrol_core.identity.use_cases.set_group_roles import SetGroupRoles
from scaicontrol_core.identity.use_cases.set_user_roles import SetUserRoles
from scaicontrol_core.testing import FixedClock, MemoryUnitOfWorkFactory, SequentialIds
from scaicontrol_core.testing.household import BOSS, House

_IDS = st.sampled_from([f"u{number}" for number in range(8)])
_TEAMS = st.sampled_from(["g0", "g1", "g2", "g3"])
#: Where somebody belongs; filled in with the ids of the house.
_PLACES = st.sampled_from(["operator", "reseller", "acme", "theirs"])


@st.composite
def directories(draw: st.DrawFn) -> Any:
    """A directory whose places are names, and whose memberships name what is there."""
    users = draw(st.dictionaries(_IDS, st.tuples(st.sampled_from(["Ann", "Bo"]), _PLACES), max_size=8))
    groups = draw(st.dictionaries(_TEAMS, st.tuples(st.sampled_from(["Sales", "Ops"]), _PLACES), max_size=4))
    pairs = draw(st.sets(st.tuples(_TEAMS, _IDS), max_size=12))
    return users, groups, {pair for pair in pairs if pair[0] in groups and pair[1] in users}


def _placed(house: House, drawn: Any) -> Snapshot:
    """Return the directory with the ids of the house, its foreign memberships left out."""
    users, groups, pairs = drawn
    partners = {"acme": house.operator, "theirs": house.reseller, "operator": house.operator}
    partners["reseller"] = house.reseller
    tenants = {"acme": house.acme, "theirs": house.theirs}

    def fits(group: str, member: str) -> bool:
        ours, place = users[member][1], groups[group][1]
        return partners[ours] == partners[place] and tenants.get(place) in (None, tenants.get(ours))

    return Snapshot(
        users={
            key: DirectoryUser(id=key, name=name, partner_id=partners[place], tenant_id=tenants.get(place))
            for key, (name, place) in users.items()
        },
        groups={
            key: DirectoryGroup(id=key, name=name, partner_id=partners[place], tenant_id=tenants.get(place))
            for key, (name, place) in groups.items()
        },
        memberships=frozenset(DirectoryMembership(group_id=g, user_id=u) for g, u in pairs if fits(g, u)),
    )


def _plain(drawn: Any) -> Snapshot:
    users, groups, pairs = drawn
    return Snapshot(
        users={key: DirectoryUser(id=key, name=name, roles=(place,)) for key, (name, place) in users.items()},
        groups={key: DirectoryGroup(id=key, name=name, roles=(place,)) for key, (name, place) in groups.items()},
        memberships=frozenset(DirectoryMembership(group_id=g, user_id=u) for g, u in pairs),
    )


@given(directories(), directories())
def test_applying_the_difference_gives_the_directory(local: Any, remote: Any) -> None:
    ours, theirs = _plain(local), _plain(remote)
    found = diff(ours, theirs)
    assert found.applied(ours) == theirs
    assert diff(found.applied(ours), theirs).is_empty
    assert found.is_empty == (ours == theirs)


async def _house() -> House:
    return await House.built(MemoryUnitOfWorkFactory(FixedClock(), SequentialIds()))


async def _through(house: House, failing: list[int]) -> None:
    """Follow the directory to its end, however often it is away on the way."""
    house.directory.calls, house.directory.fails_at = 0, set(failing)
    for _ in range(len(failing) + 1):
        try:
            report = await house.sync(force=True)
        except DirectoryAway:
            continue
        assert report.is_done
        return
    raise AssertionError("it is away no more often than it was told to be")


@given(
    st.lists(directories(), min_size=1, max_size=3),
    st.integers(1, 5),
    st.lists(st.integers(1, 12), max_size=4, unique=True),
)
@settings(max_examples=30)
def test_pages_and_interruptions_come_to_the_same(steps: list[Any], size: int, failing: list[int]) -> None:
    async def story() -> None:
        house = await _house()
        house.directory.size = size
        for drawn in steps:
            house.directory.snapshot = _placed(house, drawn)
            await _through(house, failing)
            assert await house.mirrored() == house.directory.snapshot
        house.directory.fails_at = set()
        again = await house.sync()
        quiet = house.directory.snapshot
        assert again.users == Tally(unchanged=len(quiet.users))
        assert again.groups == Tally(unchanged=len(quiet.groups))
        assert again.memberships == Tally(unchanged=len(quiet.memberships))

    asyncio.run(story())


@given(directories(), directories(), st.integers(1, 4))
@settings(max_examples=30)
def test_no_directory_touches_local_roles(before: Any, after: Any, size: int) -> None:
    async def story() -> None:
        house = await _house()
        house.directory.size, house.directory.snapshot = size, _placed(house, before)
        await house.sync()
        for one in (await house.people()).values():
            await house.use(SetUserRoles)(BOSS, one.id, ["tenant_admin"])
        async with house.work.begin(BOSS, read_only=True) as work:
            known = await work.groups.with_external_ids(list(house.directory.snapshot.groups))
        for group in known:
            await house.use(SetGroupRoles)(BOSS, group.id, ["tenant_admin"])
        given_to = {one.id: one.roles for one in (await house.people()).values()}
        house.directory.snapshot = _placed(house, after)
        await house.sync(force=True)
        async with house.work.begin(BOSS, read_only=True) as work:
            for user_id, roles in given_to.items():
                assert (await work.users.get(user_id)).roles == roles
            for group in known:
                assert [each.role for each in (await work.groups.get(group.id)).roles] == ["tenant_admin"]

    asyncio.run(story())
