"""Read what befell one thing."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.audit.entry import AuditEntry
from scaicontrol_core.audit.ports import AuditFilter, AuditWork
from scaicontrol_core.audit.subject import SUBJECTS, Subject
from scaicontrol_core.kernel.errors import Forbidden, NotFound
from scaicontrol_core.kernel.paging import Page, PageRequest
from scaicontrol_core.kernel.scope import ScopeKind
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class ReadHistory:
    """Return what happened to a thing, newest first; for those who administer it.

    A thing beyond the actor's scope is not there: ``NotFound``. One that was deleted keeps
    its history.
    """

    work: UnitOfWorkFactory[AuditWork]

    async def __call__(
        self, actor: Actor, subject: Subject, resource_id: str, request: PageRequest
    ) -> Page[AuditEntry]:
        """Return the page of entries."""
        if subject not in SUBJECTS:  # it says what it takes to read it: nobody brings one of their own
            raise NotFound.of("kind of history", subject.resource_type)
        actor.require(subject.permission)
        if actor.scope.kind not in {ScopeKind.PLATFORM, ScopeKind.PARTNER}:
            raise Forbidden("Histories are for administrators.")
        async with self.work.begin(actor, read_only=True) as work:
            if not await work.audit_log.knows(subject.resource_type, resource_id):
                raise NotFound.of(subject.noun, resource_id)
            criteria = AuditFilter(
                resource_type=subject.resource_type, resource_id=resource_id, actions=subject.actions
            )
            return await work.audit_log.list(request, criteria)
