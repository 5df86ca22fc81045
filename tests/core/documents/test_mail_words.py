"""The words of e-mails: six languages, each type in each, with the same blanks in the same places."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.documents.errors import DocumentUnreadable
from scaicontrol_core.documents.mail import MailType, message_id_of, recipients_of
from scaicontrol_core.documents.mail_composing import FailureNotice, MailOrder, mail_context, mail_type_of
from scaicontrol_core.documents.mail_schedule import LONGEST_WAIT, WAITS, wait_after
from scaicontrol_core.documents.mail_wording import WORDINGS, wording_for
from scaicontrol_core.documents.mail_words import blanks_of, fill, written
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.party import LANGUAGES
from scaicontrol_core.testing.documents import sample_credit_note, sample_invoice


def test_every_language_writes_every_type() -> None:
    assert tuple(WORDINGS) == LANGUAGES
    assert all(set(wording.types) == set(MailType) for wording in WORDINGS.values())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("mail_type", MailType)
def test_every_language_has_the_same_blanks(language: str, mail_type: MailType) -> None:
    own, english = wording_for(language).types[mail_type], wording_for("en").types[mail_type]
    assert blanks_of(own.subject) == blanks_of(english.subject)
    assert blanks_of(own.preheader) <= blanks_of(english.preheader)
    assert blanks_of(own.heading) == blanks_of(english.heading)
    assert [blanks_of(each) for each in own.paragraphs] == [blanks_of(each) for each in english.paragraphs]
    texts = (own.subject, own.preheader, own.heading, own.action, *own.paragraphs)
    assert all(text == text.strip() != "" for text in texts)
    if language != "en":
        assert not set(texts) & {english.subject, english.heading, english.action, *english.paragraphs}


def test_a_sentence_without_its_fact_is_left_out() -> None:
    assert fill("A fee of {fee}.", {"fee": None}) is None
    assert fill("A fee of {fee}.", {"fee": "€ 5"}) == "A fee of € 5."
    with pytest.raises(KeyError):
        written(wording_for("en"), MailType.INVOICE, {"seller": "S"})


def test_a_fact_that_looks_like_a_blank_stays_text() -> None:
    assert fill("From {seller}", {"seller": "{number} & {0.x}"}) == "From {number} & {0.x}"


def test_which_message_brings_which_document() -> None:
    assert mail_type_of(sample_invoice()) is MailType.INVOICE
    assert mail_type_of(sample_credit_note()) is MailType.CREDIT_NOTE


@pytest.mark.parametrize(
    "order",
    [
        MailOrder(mail_type=MailType.INVOICE),
        MailOrder(mail_type=MailType.INVOICE, document=sample_invoice(), parties=sample_invoice()),
        MailOrder(mail_type=MailType.REMINDER_1, document=sample_invoice()),
        MailOrder(mail_type=MailType.REMINDER_1, document=sample_invoice(), notice=FailureNotice()),
        MailOrder(mail_type=MailType.TRIAL_ENDING, document=sample_invoice()),
        MailOrder(mail_type=MailType.INVOICE, document={"language": "nl"}),
        MailOrder(mail_type=MailType.INVOICE, document={}),
    ],
)
def test_an_order_that_lacks_what_it_is_about_is_refused(order: MailOrder) -> None:
    with pytest.raises(DocumentUnreadable):
        mail_context(order)


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(Invalid):
        mail_context(evolve(MailOrder(mail_type=MailType.INVOICE), document=sample_invoice(language="pl")))


@given(st.integers(1, 10), st.text(max_size=40))
def test_waits_are_spread_by_a_fifth_and_end(attempts: int, key: str) -> None:
    wait = wait_after(attempts, key)
    assert wait == wait_after(attempts, key)
    if attempts > len(WAITS):
        assert wait is None
    else:
        assert wait is not None
        assert WAITS[attempts - 1] * 8 // 10 <= wait <= WAITS[attempts - 1] * 12 // 10


def test_nobody_can_ask_us_to_wait_for_ever() -> None:
    assert wait_after(1, "k", asked=LONGEST_WAIT * 100) == LONGEST_WAIT
    assert wait_after(6, "k", asked=WAITS[0]) == wait_after(6, "k")


def test_a_message_id_is_a_hand_over_s_own() -> None:
    assert message_id_of("a", "x.example") == message_id_of("a", "x.example") != message_id_of("b", "x.example")
    assert message_id_of("a", "x.example").endswith("@x.example>")


def test_each_recipient_once_and_not_too_many() -> None:
    assert recipients_of([" A@x.nl", "a@X.nl", "b@x.nl"]) == ("A@x.nl", "b@x.nl")
    with pytest.raises(Invalid) as many:
        recipients_of([f"a{number}@x.nl" for number in range(21)])
    assert many.value.code == "too_many_recipients"
