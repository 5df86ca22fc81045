"""Tell what we know of the bearer of a token."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.identity.admin_access import bundles_of
from scaicontrol_core.identity.ports import IdentityWork
from scaicontrol_core.identity.standing import Standing, standing_of
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class ReadStanding:
    """Return whether the subject of a token may come in, and what they were given here; None for a stranger."""

    work: UnitOfWorkFactory[IdentityWork]

    async def __call__(self, actor: Actor, subject: str) -> Standing | None:
        """Return it: that of where they are active, if they are anywhere."""
        actor.require(Permission.ADMIN_USERS)
        actor.require_platform()
        async with self.work.begin(actor, read_only=True) as work:
            known = await work.users.with_external_ids([subject])
            if not known:
                return None
            user = next((each for each in known if each.is_active), known[0])
            groups = await work.groups.of_user(user.id)
            bundles = await bundles_of(work, user.partner_id)
            of_operator = (await work.partners.get(user.partner_id)).is_operator
        return standing_of(user, groups, bundles, of_operator=of_operator)
