"""Look at the operator."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tenancy.partner import Partner
from scaicontrol_core.tenancy.ports import TenancyWork
from scaicontrol_core.tenancy.selling import OperatorMissing


@frozen
class GetOperator:
    """Return the operator, or raise ``OperatorMissing`` before it was set up."""

    work: UnitOfWorkFactory[TenancyWork]

    async def __call__(self, actor: Actor) -> Partner:
        """Return it."""
        actor.require(Permission.ADMIN_PARTNERS)
        actor.require_platform()
        async with self.work.begin(actor, read_only=True) as work:
            operator = await work.partners.operator()
        if operator is None:
            raise OperatorMissing
        return operator
