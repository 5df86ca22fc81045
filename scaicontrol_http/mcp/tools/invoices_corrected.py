"""``manage_invoices``: taking back what was charged."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from scaicontrol_core.access import Permission
from scaicontrol_core.billing.use_cases.explain_invoice import ExplainInvoice
from scaicontrol_core.billing.use_cases.issue_credit_note import IssueCreditNote
from scaicontrol_core.billing.use_cases.preview_credit_note import PreviewCreditNote
from scaicontrol_core.billing.use_cases.reissue_invoice import ReissueInvoice
from scaicontrol_core.billing.use_cases.void_invoice import VoidInvoice
from scaicontrol_core.kernel.events import to_json
from scaicontrol_http.billing.credit_note_schemas import CreditNoteBody, CreditNotePreview, ReissueAnswer
from scaicontrol_http.billing.schemas import InvoiceAnswer, VoidAnswer
from scaicontrol_http.mcp.action import Call, Confirmed
from scaicontrol_http.mcp.nested import LineCredit
from scaicontrol_http.mcp.tools.invoices_drafted import One
from scaicontrol_http.requests import Answer

_ADMIN = (Permission.ADMIN_BILLING,)
_ONE = "/admin/invoices/{invoice_id}"

Reason = Annotated[str, Meta(max_length=2000, description="Why; it stands on the document.", examples=["Duplicate"])]


class Void(One, Confirmed, tag="void"):
    """Void a draft or invoice, with a reason; a number stays taken. What was sent is better credited."""

    needs = _ADMIN
    routes = (f"POST {_ONE}/void",)

    reason: Reason

    async def run(self, call: Call) -> VoidAnswer:
        """Call ``VoidInvoice``."""
        invoice, warning = await call.use(VoidInvoice)(call.actor, self.wanted, self.reason)
        return VoidAnswer(invoice=InvoiceAnswer.of(invoice), warning=warning)


class _Credit(One):
    reason: Reason
    lines: Annotated[list[LineCredit], Meta(max_length=1000, description="Of which lines; null: all that is left.")] | (
        None
    ) = None

    @property
    def body(self) -> CreditNoteBody:
        """What HTTP would have been sent."""
        return CreditNoteBody(reason=self.reason, lines=None if self.lines is None else [*self.lines])


class PreviewCredit(_Credit, tag="preview_credit"):
    """Show what a credit note would say, with all its amounts; no number is spent and nothing is written."""

    needs = _ADMIN
    routes = (f"POST {_ONE}/credit-note/preview",)

    async def run(self, call: Call) -> CreditNotePreview:
        """Call ``PreviewCreditNote``."""
        document = await call.use(PreviewCreditNote)(call.actor, self.wanted, self.body.wanted())
        return CreditNotePreview(document=document.to_dict())


class Credit(_Credit, Confirmed, tag="credit"):
    """Take back what an invoice charged, in full or in part: a credit note, numbered at once."""

    needs = _ADMIN
    routes = (f"POST {_ONE}/credit-note",)

    async def run(self, call: Call) -> InvoiceAnswer:
        """Call ``IssueCreditNote``."""
        issued = await call.use(IssueCreditNote)(call.actor, self.wanted, self.body.wanted())
        return InvoiceAnswer.of(issued.credit_note)


class Reissue(One, Confirmed, tag="reissue"):
    """Credit all that is left of an invoice and charge it again on the buyer's details of today; both or neither."""

    needs = _ADMIN
    routes = (f"POST {_ONE}/reissue",)

    reason: Reason
    finalize: Annotated[bool, Meta(description="Number the new one at once; else it stays a draft.")] = False

    async def run(self, call: Call) -> ReissueAnswer:
        """Call ``ReissueInvoice``."""
        reissue = call.use(ReissueInvoice)
        return ReissueAnswer.of(await reissue(call.actor, self.wanted, self.reason, finalize=self.finalize))


class ExplanationAnswer(Answer):
    """For each group of VAT which rule, law, rate and evidence it rests on, and whether it would be so again."""

    explanation: Any


class Explain(One, tag="explain_vat"):
    """Say which rule, law, rate and evidence the VAT of an invoice rests on."""

    needs = _ADMIN

    async def run(self, call: Call) -> ExplanationAnswer:
        """Call ``ExplainInvoice``."""
        return ExplanationAnswer(explanation=to_json(await call.use(ExplainInvoice)(call.actor, self.wanted)))


ACTIONS = (Void, PreviewCredit, Credit, Reissue, Explain)
