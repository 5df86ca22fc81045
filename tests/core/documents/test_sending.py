"""A document goes out once, whoever crashes: requests, deliveries, retries, reports."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from attrs import define, evolve, field

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.role import Role
from scaicontrol_core.billing.draft_input import DraftInput, LineInput
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.lifecycle import InvoiceStatus
from scaicontrol_core.billing.use_cases.draft_invoice import DraftInvoice
from scaicontrol_core.billing.use_cases.finalize_invoice import FinalizeInvoice
from scaicontrol_core.billing.use_cases.void_invoice import VoidInvoice
from scaicontrol_core.documents.errors import ObjectStoreUnavailable, TemplateRejected
from scaicontrol_core.documents.mail import InvoiceVoid, MailRefused, MailType, MailUnavailable, NobodyToSendTo
from scaicontrol_core.documents.mail_composing import mail_context
from scaicontrol_core.documents.mail_schedule import LAST_ATTEMPT, LEASE, WAITS
from scaicontrol_core.documents.ports import NO_PARTS, FontVersion, PdfParts, RenderedHtml, TemplateSource
from scaicontrol_core.documents.revision import RevisionReason
from scaicontrol_core.documents.transmission import SendId, SendNotDue, SendRequest, SendResult, SendStatus
from scaicontrol_core.documents.use_cases.deliver_mail import DeliverMail
from scaicontrol_core.documents.use_cases.list_due_sends import ListDueSends
from scaicontrol_core.documents.use_cases.list_sends import ListSends
from scaicontrol_core.documents.use_cases.read_invoice_pdf import ReadInvoicePdf
from scaicontrol_core.documents.use_cases.record_mail_report import MailReport, RecordMailReport, ReportTooEarly
from scaicontrol_core.documents.use_cases.retry_send import RetrySend
from scaicontrol_core.documents.use_cases.send_invoice import SendInvoice
from scaicontrol_core.documents.use_cases.send_test_mail import SampleMail, SendTestMail, sample_order
from scaicontrol_core.documents.use_cases.show_invoice import ShowInvoice
from scaicontrol_core.kernel.errors import Conflict, Forbidden, Invalid, InvalidTransition, NotFound, Refused
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.tenancy.use_cases.set_billing_profile import SetBillingProfile
from scaicontrol_core.testing import MemoryWorld
from scaicontrol_core.testing.builders import OPERATOR_ID, TENANT_ID, billing_details
from scaicontrol_core.testing.documents import sample_invoice
from scaicontrol_core.testing.faults import FaultyWork, Killed
from scaicontrol_core.testing.mail import MemoryMail, PlainMails

ADMIN = Actor.system("mail")
BUYER = Actor.tenant_user("tom", TENANT_ID, OPERATOR_ID, Role.TENANT_ADMIN)


@define
class Pages:
    """A renderer whose template has a version."""

    version: int = 1

    async def render_html(
        self, document: Mapping[str, Any], *, template: TemplateSource | None = None, draft: bool = False
    ) -> RenderedHtml:
        """Return a page with the number on it."""
        return RenderedHtml(f"<p>{document['number']} v{self.version}</p>", "plain", (FontVersion("a", "b"),), "t")

    async def render_pdf(self, html: str, document_key: str, parts: PdfParts = NO_PARTS) -> bytes:
        """Return bytes that depend on the page alone."""
        return f"%PDF {html}".encode()


@define
class Office:
    """A business that sends documents."""

    world: MemoryWorld
    mail: MemoryMail
    pages: Pages
    words: PlainMails
    ports: dict[str, Any] = field(factory=dict)

    async def issue(self) -> Invoice:
        """Finalize an invoice."""
        line = LineInput(description="Advice", unit_price_cents="12500")
        draft = await self.world.use(DraftInvoice)(ADMIN, TENANT_ID, DraftInput(lines=(line,)))
        return await self.world.use(FinalizeInvoice)(ADMIN, draft.id)

    async def request(self, *to: str, invoice: Invoice | None = None, key: str | None = None) -> SendRequest:
        """Have an invoice sent."""
        return await self.world.use(SendInvoice)(ADMIN, (invoice or await self.issue()).id, to, key=key)

    async def deliver(self, request: SendRequest, **ports: Any) -> SendRequest:
        """Work on a request."""
        return await self.world.use(DeliverMail, **ports)(ADMIN, request.id)

    async def due(self) -> list[SendId]:
        """Return what waits to be delivered."""
        return list(await self.world.use(ListDueSends)(ADMIN))

    async def story(self, invoice_id: InvoiceId) -> list[tuple[SendStatus, list[SendResult]]]:
        """Return what the history of an invoice says."""
        stories = await self.world.use(ListSends)(ADMIN, invoice_id)
        return [(each.request.status, [entry.result for entry in each.entries]) for each in stories]

    def invoice(self, request: SendRequest) -> Invoice:
        """Return the stored invoice."""
        return self.world.store.tables["invoices"][request.invoice_id][1]  # type: ignore[no-any-return]


@pytest.fixture
async def office() -> Office:
    """A business whose mail works."""
    mail, pages, words = MemoryMail(), Pages(), PlainMails()
    world = await MemoryWorld.with_one_customer(renderer=pages, mail=mail, mail_renderer=words)
    return Office(world, mail, pages, words)


def failing(error: Exception, times: int = 10**6) -> Callable[[str], Awaitable[None]]:
    """Fail the next hand-overs."""
    left = [times]

    async def fail(_: str) -> None:
        if left[0]:
            left[0] -= 1
            raise error

    return fail


async def test_who_looks_at_an_invoice_sees_what_was_sent_of_it(office: Office) -> None:
    request = await office.request()
    await office.deliver(request)
    shown = await office.world.use(ShowInvoice)(ADMIN, request.invoice_id)
    assert (shown.invoice.id, len(shown.invoice.lines)) == (request.invoice_id, 1)
    ((story),) = shown.sends
    assert (story.request.id, story.request.status) == (request.id, SendStatus.SENT)
    assert story.entries == (await office.world.use(ListSends)(ADMIN, request.invoice_id))[0].entries


async def test_its_buyer_may_not_see_to_whom_it_was_sent(office: Office) -> None:
    request = await office.request()
    with pytest.raises(Forbidden):
        await office.world.use(ShowInvoice)(BUYER, request.invoice_id)


async def test_an_invoice_goes_to_its_buyer_with_its_pdf(office: Office) -> None:
    request = await office.request()
    assert (request.status, request.recipients) == (SendStatus.QUEUED, ("administratie@jansen.example",))
    assert await office.due() == [request.id]
    sent = await office.deliver(request)
    (mail,) = office.mail.sent.values()
    assert (sent.status, sent.channel, sent.revision, sent.template) == (SendStatus.SENT, "memory", 1, "plain@1")
    assert (mail.to, mail.subject) == (request.recipients, "email_invoice SCAI-2026-000001")
    assert mail.text == "email_invoice SCAI-2026-000001 v1\n"
    assert [(each.file_name, each.content) for each in mail.attachments] == [
        ("SCAI-2026-000001.pdf", b"%PDF <p>SCAI-2026-000001 v1</p>")
    ]
    invoice = office.invoice(request)
    assert (invoice.status, invoice.sent_at) == (InvoiceStatus.SENT, office.world.clock.now())
    assert await office.due() == []
    assert await office.story(invoice.id) == [(SendStatus.SENT, [SendResult.HANDED_OVER])]


async def test_the_history_says_when_to_whom_with_which_template_and_revision(office: Office) -> None:
    request = await office.deliver(await office.request("anna@example.com", "ben@example.com"))
    ((story,)) = await office.world.use(ListSends)(ADMIN, request.invoice_id)
    (entry,) = story.entries
    assert (entry.at, entry.recipients) == (office.world.clock.now(), ("anna@example.com", "ben@example.com"))
    assert (entry.template, entry.revision, entry.channel) == ("plain@1", 1, "memory")
    assert entry.message_id == request.message_id
    actions = [each.action for each in office.world.store.audit if each.resource_id == request.invoice_id]
    assert actions[-3:] == ["invoice.send_requested", "invoice.document_rendered", "invoice.sent"]


@pytest.mark.parametrize(("wanted", "beside"), [("xrechnung", True), ("ubl", True), ("cii", True), ("zugferd", False)])
async def test_pure_xml_goes_beside_the_pdf_and_a_hybrid_s_inside(office: Office, wanted: str, beside: bool) -> None:  # noqa: FBT001
    details = billing_details(preferred_einvoice_format=wanted, buyer_reference="PO 7")
    await office.world.use(SetBillingProfile)(ADMIN, TENANT_ID, details)
    await office.deliver(await office.request())
    (mail,) = office.mail.sent.values()
    names = [each.file_name for each in mail.attachments]
    assert names == ["SCAI-2026-000001.pdf", *(["SCAI-2026-000001.xml"] if beside else [])]
    assert [each.content_type for each in mail.attachments][1:] == (["application/xml"] if beside else [])


async def test_a_new_template_makes_a_revision_of_its_own_and_an_old_one_none(office: Office) -> None:
    invoice = await office.issue()
    await office.world.use(ReadInvoicePdf)(ADMIN, invoice.id)
    assert (await office.deliver(await office.request(invoice=invoice))).revision == 1
    office.pages.version = 2
    second = await office.deliver(await office.request(invoice=invoice))
    assert second.revision == 2
    revisions = [row for _, row in office.world.store.tables["document_revisions"].values()]
    assert [each.reason for each in revisions] == [RevisionReason.FINALIZE, RevisionReason.SEND]
    assert (await office.deliver(await office.request(invoice=invoice))).revision == 2


async def test_the_same_key_is_the_same_request(office: Office) -> None:
    invoice = await office.issue()
    first = await office.request("a@example.com", invoice=invoice, key="k")
    assert (await office.request("a@example.com", invoice=invoice, key="k")).id == first.id
    assert (await office.request(invoice=invoice, key="k")).id == first.id
    with pytest.raises(Conflict) as reused:
        await office.request("b@example.com", invoice=invoice, key="k")
    assert reused.value.code == "send_key_reused"
    assert (await office.request("a@example.com", invoice=invoice, key="other")).id != first.id


async def test_what_cannot_be_sent(office: Office) -> None:
    draft = await office.world.use(DraftInvoice)(ADMIN, TENANT_ID, DraftInput())
    with pytest.raises(Refused) as unnumbered:
        await office.request(invoice=draft)
    assert unnumbered.value.code == "invoice_not_finalized"
    void = await office.issue()
    await office.world.use(VoidInvoice)(ADMIN, void.id, "wrong customer")
    with pytest.raises(InvoiceVoid):
        await office.request(invoice=void)
    with pytest.raises(Invalid) as wrong:
        await office.request("a@example.com", "nonsense")
    assert [each.pointer for each in wrong.value.fields] == ["/to/1"]
    await office.world.use(SetBillingProfile)(ADMIN, TENANT_ID, billing_details(contact_email=None))
    with pytest.raises(NobodyToSendTo):
        await office.request()


async def test_a_new_address_counts_also_for_older_invoices(office: Office) -> None:
    invoice = await office.issue()
    await office.world.use(SetBillingProfile)(ADMIN, TENANT_ID, billing_details(contact_email="new@jansen.example"))
    assert (await office.request(invoice=invoice)).recipients == ("new@jansen.example",)


async def test_an_outage_is_waited_out_ever_longer(office: Office) -> None:
    office.mail.before = failing(MailUnavailable("no answer"), times=2)
    request = await office.request()
    start = office.world.clock.now()
    deferred = await office.deliver(request)
    assert (deferred.status, deferred.error_code) == (SendStatus.QUEUED, "mail_unavailable")
    assert WAITS[0] * 8 // 10 <= deferred.due_at - start <= WAITS[0] * 12 // 10
    assert await office.due() == []
    with pytest.raises(SendNotDue):
        await office.deliver(request)
    office.world.clock.set(deferred.due_at)
    again = await office.deliver(request)
    assert WAITS[1] * 8 // 10 <= again.due_at - deferred.due_at <= WAITS[1] * 12 // 10
    office.world.clock.set(again.due_at)
    assert (await office.deliver(request)).status is SendStatus.SENT
    assert office.mail.calls == [request.hand_over_key] * 3
    assert await office.story(request.invoice_id) == [
        (SendStatus.SENT, [SendResult.DEFERRED, SendResult.DEFERRED, SendResult.HANDED_OVER])
    ]
    assert office.invoice(request).status is InvoiceStatus.SENT


async def test_a_longer_wait_that_the_service_asks_for_counts(office: Office) -> None:
    office.mail.before = failing(MailUnavailable("busy", retry_after=timedelta(hours=3)))
    deferred = await office.deliver(await office.request())
    assert deferred.due_at == office.world.clock.now() + timedelta(hours=3)


async def test_after_the_last_wait_it_is_given_up_and_may_be_tried_by_hand(office: Office) -> None:
    office.mail.before = failing(MailUnavailable("no answer"), times=len(WAITS) + 1)
    request = await office.request()
    for _ in range(len(WAITS) + 1):
        request = await office.deliver(request)
        office.world.clock.set(max(request.due_at, office.world.clock.now()))
    assert (request.status, request.error_code) == (SendStatus.FAILED, "mail_unavailable")
    assert office.invoice(request).status is InvoiceStatus.FINALIZED
    retried = await office.world.use(RetrySend)(ADMIN, request.id)
    assert (retried.status, await office.due()) == (SendStatus.QUEUED, [request.id])
    assert (await office.deliver(request)).status is SendStatus.SENT


async def test_a_refusal_fails_at_once_with_its_reason(office: Office) -> None:
    office.mail.before = failing(MailRefused("550 no such user"), times=1)
    request = await office.deliver(await office.request())
    assert (request.status, request.error) == (SendStatus.FAILED, "550 no such user")
    assert await office.due() == []
    office.words.version = 2
    await office.world.use(RetrySend)(ADMIN, request.id)
    again = await office.deliver(request)
    assert (again.status, again.template) == (SendStatus.SENT, "plain@2"), "composed anew: it surely was not sent"
    assert len(set(office.mail.calls)) == 2


async def test_what_may_have_arrived_is_only_ever_sent_under_its_own_key(office: Office) -> None:
    office.mail.after = failing(MailUnavailable("the line broke", maybe_taken=True), times=len(WAITS) + 1)
    request = await office.request()
    for _ in range(len(WAITS) + 1):
        request = await office.deliver(request)
        office.world.clock.set(max(request.due_at, office.world.clock.now()))
    assert request.status is SendStatus.FAILED
    office.words.version = 2
    await office.world.use(RetrySend)(ADMIN, request.id)
    again = await office.deliver(request)
    assert (again.status, again.template) == (SendStatus.SENT, "plain@1")
    assert len(office.mail.sent) == 1


async def test_a_wrong_template_fails_and_a_store_that_is_away_waits(office: Office) -> None:
    class Broken(PlainMails):
        async def render_mail(self, *_: Any, **__: Any) -> Any:
            raise TemplateRejected("mine", "no such variable", 3)

    class Away(Pages):
        async def render_pdf(self, *_: Any, **__: Any) -> bytes:
            raise ObjectStoreUnavailable("no answer")

    failed = await office.deliver(await office.request(), mail_renderer=Broken())
    assert (failed.status, failed.error_code) == (SendStatus.FAILED, "template_rejected")
    waiting = await office.deliver(await office.request(), renderer=Away())
    assert (waiting.status, waiting.error_code) == (SendStatus.QUEUED, "object_store_unavailable")
    assert office.mail.calls == []


async def test_a_fault_nobody_thought_of_is_told_and_given_up_in_the_end(office: Office) -> None:
    request = await office.request()
    office.mail.before = failing(RecursionError("with the password in it"))
    tried = request
    for _ in range(len(WAITS) + 1):
        tried = await office.deliver(request)
        assert (tried.error_code, tried.error) == ("mail_fault", "A fault of the software: RecursionError.")
        office.world.clock.advance(minutes=3 * 24 * 60)
    assert tried.status is SendStatus.FAILED
    office.mail.before = None
    again = await office.world.use(RetrySend)(ADMIN, request.id)
    assert again.hand_over_key == request.hand_over_key, "nobody knows whether it arrived"
    assert (await office.deliver(again)).status is SendStatus.SENT


async def test_workers_that_die_over_a_message_each_time_do_not_send_it_for_ever(office: Office) -> None:
    request = await office.request()

    async def die(_: str) -> None:
        raise Killed("after the hand-over")

    office.mail.after = die
    for _ in range(LAST_ATTEMPT):
        with pytest.raises(Killed):
            await office.deliver(request)
        office.world.clock.advance(minutes=LEASE.seconds // 60)
    ended = await office.deliver(request)
    assert (ended.status, ended.error_code, ended.doubtful) == (SendStatus.FAILED, "mail_given_up", True)
    assert office.mail.calls == [request.hand_over_key] * LAST_ATTEMPT
    assert await office.due() == []


async def test_a_document_voided_meanwhile_is_not_sent(office: Office) -> None:
    request = await office.request()
    await office.world.use(VoidInvoice)(ADMIN, request.invoice_id, "wrong customer")
    failed = await office.deliver(request)
    assert (failed.status, failed.error_code, office.mail.calls) == (SendStatus.FAILED, "invoice_void", [])
    with pytest.raises(InvoiceVoid):
        await office.world.use(RetrySend)(ADMIN, request.id)


async def test_two_workers_hand_over_once(office: Office) -> None:
    request = await office.request()

    async def rival(commit: int) -> None:
        if commit == 1:
            await office.deliver(request)

    with pytest.raises(SendNotDue):
        await office.deliver(request, work=FaultyWork(office.world.work, meanwhile=rival))
    assert len(office.mail.calls) == 1


@pytest.mark.parametrize("moment", ["kill_before", "kill_after"])
@pytest.mark.parametrize("commit", range(1, 5))
async def test_a_worker_killed_at_any_commit_costs_no_second_message(office: Office, moment: str, commit: int) -> None:
    request = await office.request()
    dying = FaultyWork(office.world.work)
    setattr(dying, moment, commit)
    with pytest.raises(Killed):
        await office.deliver(request, work=dying)
    office.words.version = office.pages.version = 2
    office.world.clock.advance(minutes=LEASE.seconds // 60)
    for send_id in await office.due():
        assert send_id == request.id
        await office.deliver(request)
    assert list(office.mail.sent) == [request.hand_over_key]
    assert office.invoice(request).status is InvoiceStatus.SENT
    ((status, results),) = await office.story(request.invoice_id)
    assert (status, results) == (SendStatus.SENT, [SendResult.HANDED_OVER])


async def test_a_commit_that_nobody_answered_is_looked_up(office: Office) -> None:
    for loss in ("lose_before", "lose_after"):
        request = await office.request()
        work = FaultyWork(office.world.work)
        setattr(work, loss, 4)
        assert (await office.deliver(request, work=work)).status is SendStatus.SENT
        assert (await office.story(request.invoice_id))[0] == (SendStatus.SENT, [SendResult.HANDED_OVER])


async def test_a_worker_that_outlived_its_lease_tells_of_success_but_not_of_failure(office: Office) -> None:
    request = await office.request()
    rivals: list[SendRequest] = []

    async def slow(_: str) -> None:
        office.mail.before = None
        office.world.clock.advance(minutes=LEASE.seconds // 60)
        rivals.append(await office.deliver(request))
        raise MailRefused("too late")

    office.mail.before = slow
    late = await office.deliver(request)
    assert (late.status, rivals[0].status) == (SendStatus.SENT, SendStatus.SENT)
    assert await office.story(request.invoice_id) == [(SendStatus.SENT, [SendResult.HANDED_OVER])]


def report(request: SendRequest, result: SendResult, report_id: str = "msg_1", **changes: Any) -> MailReport:
    """What the service says of a message."""
    known = MailReport(
        report_id=report_id,
        result=result,
        message_id=request.message_id or "",
        reference=request.id,
        recipient=request.recipients[0],
        reason="550 mailbox full",
        at=request.requested_at,
    )
    return evolve(known, **changes)


async def test_a_bounce_is_shown_on_the_invoice_once(office: Office) -> None:
    sent = await office.deliver(await office.request())
    record = office.world.use(RecordMailReport)
    await record(ADMIN, report(sent, SendResult.DELIVERED, "msg_0"))
    bounced = await record(ADMIN, report(sent, SendResult.BOUNCED))
    assert (bounced.status, bounced.error) == (SendStatus.BOUNCED, f"{sent.recipients[0]}: 550 mailbox full")
    await record(ADMIN, report(sent, SendResult.BOUNCED))
    await record(ADMIN, report(sent, SendResult.COMPLAINED, "msg_2", message_id="unknown"))
    assert await office.story(sent.invoice_id) == [
        (
            SendStatus.BOUNCED,
            [SendResult.HANDED_OVER, SendResult.DELIVERED, SendResult.BOUNCED, SendResult.COMPLAINED],
        )
    ]
    assert office.invoice(sent).status is InvoiceStatus.SENT


async def test_reports_of_nothing_of_ours_and_reports_too_early(office: Office) -> None:
    queued = await office.request()
    record = office.world.use(RecordMailReport)
    with pytest.raises(NotFound):
        await record(ADMIN, report(queued, SendResult.BOUNCED, reference="snd_other", message_id="x"))
    with pytest.raises(NotFound):
        await record(ADMIN, report(queued, SendResult.BOUNCED, reference=None, message_id="x"))
    with pytest.raises(ReportTooEarly):
        await record(ADMIN, report(queued, SendResult.BOUNCED, message_id="x"))


async def test_who_sends_and_who_looks(office: Office) -> None:
    request = await office.deliver(await office.request())
    reseller = Actor.partner_admin("rita", OPERATOR_ID)
    for verb in (
        office.world.use(SendInvoice)(BUYER, request.invoice_id),
        office.world.use(DeliverMail)(BUYER, request.id),
        office.world.use(ListDueSends)(BUYER),
        office.world.use(ListSends)(BUYER, request.invoice_id),
        office.world.use(RetrySend)(BUYER, request.id),
        office.world.use(RecordMailReport)(reseller, report(request, SendResult.BOUNCED)),
    ):
        with pytest.raises(Forbidden):
            await verb


async def test_only_what_failed_is_retried(office: Office) -> None:
    request = await office.deliver(await office.request())
    with pytest.raises(InvalidTransition):
        await office.world.use(RetrySend)(ADMIN, request.id)
    with pytest.raises(NotFound):
        await office.world.use(RetrySend)(ADMIN, SendId("snd_nobody"))


async def test_a_request_knows_its_type(office: Office) -> None:
    assert (await office.request()).mail_type is MailType.INVOICE


@pytest.mark.parametrize("mail_type", MailType)
async def test_a_test_goes_to_oneself_and_stands_in_no_history(office: Office, mail_type: MailType) -> None:
    invoice = await office.issue()
    sample = SampleMail(mail_type=mail_type, invoice_id=invoice.id, to=["me@example.com"])
    handed = await office.world.use(SendTestMail)(ADMIN, sample)
    (mail,) = office.mail.sent.values()
    assert (mail.to, mail.subject[:7], mail.attachments) == (("me@example.com",), "[Test] ", ())
    assert handed.message_id
    assert await office.story(invoice.id) == []
    with pytest.raises(NobodyToSendTo):
        await office.world.use(SendTestMail)(ADMIN, evolve(sample, to=[]))
    with pytest.raises(Forbidden):
        await office.world.use(SendTestMail)(BUYER, sample)


@pytest.mark.parametrize("mail_type", MailType)
def test_a_sample_of_every_type_can_be_written(mail_type: MailType) -> None:
    assert mail_context(sample_order(mail_type, sample_invoice(), date(2026, 1, 15))).mail_type is mail_type
