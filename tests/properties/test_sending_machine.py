"""Whatever dies, fails or is tried again: no document is handed over twice, and none is forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.billing.draft_input import DraftInput, LineInput
from scaicontrol_core.billing.lifecycle import InvoiceStatus
from scaicontrol_core.billing.use_cases.draft_invoice import DraftInvoice
from scaicontrol_core.billing.use_cases.finalize_invoice import FinalizeInvoice
from scaicontrol_core.documents.mail import MailRefused, MailUnavailable
from scaicontrol_core.documents.ports import NO_PARTS, FontVersion, PdfParts, RenderedHtml, TemplateSource
from scaicontrol_core.documents.transmission import SendNotDue, SendRequest, SendResult, SendStatus
from scaicontrol_core.documents.use_cases.deliver_mail import DeliverMail
from scaicontrol_core.documents.use_cases.list_due_sends import ListDueSends
from scaicontrol_core.documents.use_cases.list_sends import ListSends
from scaicontrol_core.documents.use_cases.retry_send import RetrySend
from scaicontrol_core.documents.use_cases.send_invoice import SendInvoice
from scaicontrol_core.kernel.errors import CommitUnknown, InvalidTransition
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.testing import MemoryWorld
from scaicontrol_core.testing.builders import TENANT_ID
from scaicontrol_core.testing.faults import FaultyWork, Killed
from scaicontrol_core.testing.mail import MemoryMail, PlainMails

ADMIN = Actor.system("mail")
T = TypeVar("T")
#: Where a worker may die or lose an answer: at one of its commits, or around the hand-over.
FAULTS = st.one_of(
    st.none(),
    st.tuples(st.sampled_from(["kill_before", "kill_after", "lose_before", "lose_after"]), st.integers(1, 5)),
    st.tuples(st.just("before"), st.sampled_from(["killed", "away", "maybe", "refused"])),
    # A sender that has handed over never says that it surely has not: that is the port's promise.
    st.tuples(st.just("after"), st.sampled_from(["killed", "maybe"])),
)


class Pages:
    """A renderer whose template has a version."""

    version = 1

    async def render_html(
        self, document: Mapping[str, Any], *, template: TemplateSource | None = None, draft: bool = False
    ) -> RenderedHtml:
        """Return a page."""
        return RenderedHtml(f"<p>{document['number']} v{self.version}</p>", "plain", (FontVersion("a", "b"),), "t")

    async def render_pdf(self, html: str, document_key: str, parts: PdfParts = NO_PARTS) -> bytes:
        """Return bytes that depend on the page alone."""
        return html.encode()


def _error(kind: str) -> BaseException:
    errors: dict[str, BaseException] = {
        "killed": Killed("at the hand-over"),
        "away": MailUnavailable("no answer"),
        "maybe": MailUnavailable("the line broke", maybe_taken=True),
        "refused": MailRefused("550 no"),
    }
    return errors[kind]


def _once(kind: str) -> Callable[[str], Awaitable[None]]:
    async def fail(_: str) -> None:
        raise _error(kind)

    return fail


class Sending(RuleBasedStateMachine):
    """Requests, workers that die, an operator who tries again, templates that change."""

    def __init__(self) -> None:
        super().__init__()
        self.mail, self.words, self.pages = MemoryMail(), PlainMails(), Pages()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something to its end."""
        return asyncio.run(work)

    @initialize()
    def open_shop(self) -> None:
        ports = {"renderer": self.pages, "mail": self.mail, "mail_renderer": self.words}
        self.world = self.run(MemoryWorld.with_one_customer(**ports))
        self.invoices: list[InvoiceId] = []

    @rule()
    def issue(self) -> None:
        line = LineInput(description="Advice", unit_price_cents="12500")
        draft = self.run(self.world.use(DraftInvoice)(ADMIN, TENANT_ID, DraftInput(lines=(line,))))
        self.invoices.append(self.run(self.world.use(FinalizeInvoice)(ADMIN, draft.id)).id)

    @rule(which=st.integers(0, 5), key=st.sampled_from([None, "a", "b"]))
    def ask(self, which: int, key: str | None) -> None:
        if self.invoices:
            invoice = self.invoices[which % len(self.invoices)]
            self.run(self.world.use(SendInvoice)(ADMIN, invoice, key=key))

    @rule(fault=FAULTS, minutes=st.sampled_from([0, 1, 10, 60, 1500]))
    def deliver(self, fault: tuple[str, Any] | None, minutes: int) -> None:
        self.world.clock.advance(minutes=minutes)
        for send_id in self.run(self.world.use(ListDueSends)(ADMIN)):
            work = FaultyWork(self.world.work)
            kind, where = fault or ("", "")
            if kind in {"before", "after"}:
                setattr(self.mail, kind, _once(where))
            elif kind:
                setattr(work, kind, where)
            try:
                self.run(self.world.use(DeliverMail, work=work)(ADMIN, send_id))
            except (Killed, CommitUnknown, SendNotDue):
                pass
            finally:
                self.mail.before = self.mail.after = None

    @rule()
    def design(self) -> None:
        self.words.version += 1
        self.pages.version += 1

    @rule()
    def try_again(self) -> None:
        for request in self.requests():
            if request.status is SendStatus.FAILED:
                self.run(self.world.use(RetrySend)(ADMIN, request.id))
            else:
                try:
                    self.run(self.world.use(RetrySend)(ADMIN, request.id))
                except InvalidTransition:
                    continue
                raise AssertionError("only what failed is tried again")

    def requests(self) -> list[SendRequest]:
        """Return all of them, as stored."""
        return [row for _, row in self.world.store.tables.get("send_requests", {}).values()]

    @invariant()
    def no_request_is_handed_over_twice(self) -> None:
        if not hasattr(self, "world"):
            return
        for request in self.requests():
            handed = [key for key in self.mail.sent if key.startswith(f"{request.id}.")]
            assert len(handed) <= 1
            if request.status is SendStatus.SENT:
                assert handed == [request.hand_over_key]

    @invariant()
    def the_history_tells_of_one_hand_over_and_the_invoice_too(self) -> None:
        if not hasattr(self, "world"):
            return
        for invoice_id in self.invoices:
            stories = self.run(self.world.use(ListSends)(ADMIN, invoice_id))
            for story in stories:
                results = [entry.result for entry in story.entries]
                assert results.count(SendResult.HANDED_OVER) == (story.request.status is SendStatus.SENT)
                assert [entry.ordinal for entry in story.entries] == list(range(1, len(results) + 1))
            invoice = self.world.store.tables["invoices"][invoice_id][1]
            sent = any(story.request.status is SendStatus.SENT for story in stories)
            assert (invoice.status is InvoiceStatus.SENT) == sent

    def teardown(self) -> None:
        """With everything well again, whatever was asked for and not refused arrives."""
        if not hasattr(self, "world"):
            return
        for _ in range(12):
            self.try_again()
            self.deliver(None, 1500)
        assert {request.status for request in self.requests()} <= {SendStatus.SENT}
        assert len(self.mail.sent) == len(self.requests())


TestSending = Sending.TestCase
TestSending.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
