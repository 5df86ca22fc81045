"""Make the PDF of a month's commission statement."""

from __future__ import annotations

from datetime import date

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.commissions.month import month_of_commissions, sides_of
from scaicontrol_core.billing.ports import BillingWork
from scaicontrol_core.documents.brand.loading import load_assets
from scaicontrol_core.documents.ports import DocumentRenderer, ObjectStore, PdfParts
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import Ids, PartnerId
from scaicontrol_core.kernel.work import UnitOfWorkFactory


@frozen
class CommissionsPdf:
    """The PDF's bytes, and a name for its file without the extension."""

    content: bytes
    name: str


@frozen
class RenderCommissions:
    """Return a month's commissions as a PDF in the partner's language, in the operator's style.

    It is made anew each time, from what was closed: it is a statement and no invoice. A month that still
    runs is marked as a draft. Raises as ``ReadCommissions`` and the renderer do.
    """

    work: UnitOfWorkFactory[BillingWork]
    clock: Clock
    ids: Ids
    renderer: DocumentRenderer
    objects: ObjectStore

    async def __call__(self, actor: Actor, partner_id: PartnerId, month: date | None = None) -> CommissionsPdf:
        """Return the month's; without one, the current month's."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor, read_only=True) as work:
            sides = await sides_of(work, partner_id)
            wanted = month.replace(day=1) if month else sides.month_of(self.clock.now())
            stated = await month_of_commissions(work, sides, wanted, self.ids)
        name = f"commissions-{stated.name}"
        rendered = await self.renderer.render_html(stated.to_dict())
        parts = PdfParts(assets=await load_assets(self.objects, rendered.html, rendered.fonts))
        content = await self.renderer.render_pdf(rendered.html, f"commissions/{partner_id}/{name}", parts)
        return CommissionsPdf(content, name)
