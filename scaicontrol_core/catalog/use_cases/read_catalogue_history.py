"""Read what befell a service, a plan or a pack."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.audit.entry import AuditEntry
from scaicontrol_core.audit.ports import AuditFilter, AuditWork
from scaicontrol_core.catalog.ports import CatalogWork
from scaicontrol_core.catalog.priced_pack import named_pack
from scaicontrol_core.kernel.paging import Page, PageRequest
from scaicontrol_core.kernel.work import UnitOfWorkFactory


class CatalogueSubject(StrEnum):
    """What has a history in the catalogue, by its resource type."""

    SERVICE = "service"
    PLAN = "plan"
    PACK = "pack"


class _Work(CatalogWork, AuditWork, Protocol):
    """The catalogue and the log."""


@frozen
class ReadCatalogueHistory:
    """Return what happened to a service, a plan (by its key) or a pack, newest first; raises ``NotFound``.

    The catalogue belongs to nobody, and who edits it is the platform's own business. What was
    deleted is found in the audit log by its id.
    """

    work: UnitOfWorkFactory[_Work]

    async def __call__(
        self, actor: Actor, subject: CatalogueSubject, key: str, request: PageRequest
    ) -> Page[AuditEntry]:
        """Return the page of entries."""
        actor.require(Permission.ADMIN_REGISTRY)
        actor.require_platform()
        async with self.work.begin(actor, read_only=True) as work:
            criteria = AuditFilter(resource_type=subject.value, resource_id=await _id_of(work, subject, key))
            return await work.audit_log.list(request, criteria)


async def _id_of(work: CatalogWork, subject: CatalogueSubject, key: str) -> str:
    if subject is CatalogueSubject.SERVICE:
        return (await work.services.by_slug(key)).id
    if subject is CatalogueSubject.PLAN:
        return (await work.plans.by_key(key)).id
    return (await named_pack(work, key)).id
