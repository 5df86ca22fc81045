"""Change a draft: its fields, the order of its lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.draft_input import DraftInput, build_lines
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.ports import BillingWork
from scaicontrol_core.billing.seller import require_own_name
from scaicontrol_core.kernel.editing import require_version
from scaicontrol_core.kernel.ids import Ids, InvoiceId
from scaicontrol_core.kernel.work import UnitOfWorkFactory

if TYPE_CHECKING:
    from collections.abc import Mapping

_FIELDS = ("currency", "period", "notes", "buyer_reference", "invoice_date", "due_date")


@frozen
class EditDraft:
    """Set the given fields of a draft; lines are replaced as a whole.

    Raises ``NotFound``, ``NotYourSeries``, ``InvoiceImmutable``, ``Stale`` (when
    ``expected_version`` is not the current one), ``Invalid``.
    """

    work: UnitOfWorkFactory[BillingWork]
    ids: Ids

    async def __call__(
        self, actor: Actor, invoice_id: InvoiceId, draft: DraftInput, *, expected_version: int | None = None
    ) -> Invoice:
        """Write and return the changed draft."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor) as work:
            invoice = await work.invoices.get(invoice_id)
            require_own_name(actor, invoice.issuer_id)
            require_version(expected_version, invoice.version)
            invoice.edit(**self._changes(draft))
            if invoice.has_changed:
                await work.invoices.save(invoice)
                await work.commit()
        return invoice

    def _changes(self, draft: DraftInput) -> Mapping[str, Any]:
        changes: dict[str, Any] = {name: getattr(draft, name) for name in _FIELDS if name in draft.given}
        if changes.get("currency", "") is None:
            del changes["currency"]
        if "lines" in draft.given:
            changes["lines"] = build_lines(draft.lines or (), self.ids)
        return changes
