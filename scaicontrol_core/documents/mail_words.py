"""The words of an e-mail: those of each type, and those that all have in common."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaicontrol_core.documents.mail import MailType


@frozen(kw_only=True)
class MailWords:
    """One type's words in one language. ``{braces}`` are blanks to be filled in.

    ``preheader`` is the line that an inbox shows beside the subject. A paragraph whose blank has
    nothing to be filled with is left out: no fee, no sentence about it.
    """

    subject: str
    preheader: str
    heading: str
    paragraphs: tuple[str, ...]
    action: str


@frozen(kw_only=True)
class CommonWords:
    """What every message in a language says."""

    greeting: str
    closing: str
    questions: str
    attached: str


@frozen(kw_only=True)
class MailWording:
    """All the words of one language."""

    language: str
    common: CommonWords
    types: Mapping[MailType, MailWords]


@frozen(kw_only=True)
class MailText:
    """The words of one message, every blank filled."""

    subject: str
    preheader: str
    heading: str
    greeting: str
    paragraphs: tuple[str, ...] = field(factory=tuple)
    action: str
    attached: str | None
    questions: str | None
    closing: str


def blanks_of(text: str) -> frozenset[str]:
    """Return the names of the blanks in a text."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name)


def fill(text: str, facts: Mapping[str, str | None]) -> str | None:
    """Return the text with its blanks filled, None if one has nothing to be filled with."""
    found = {name: facts.get(name) for name in blanks_of(text)}
    return None if None in found.values() else text.format_map(found)


def written(wording: MailWording, mail_type: MailType, facts: Mapping[str, str | None]) -> MailText:
    """Return a message's words filled with facts already written for people.

    Raises ``KeyError`` naming the blank of a subject, preheader or heading that has no fact.
    """
    words, common = wording.types[mail_type], wording.common
    paragraphs = (fill(paragraph, facts) for paragraph in words.paragraphs)
    return MailText(
        subject=_needed(words.subject, facts),
        preheader=_needed(words.preheader, facts),
        heading=_needed(words.heading, facts),
        greeting=_needed(common.greeting, facts),
        paragraphs=tuple(paragraph for paragraph in paragraphs if paragraph is not None),
        action=words.action,
        attached=fill(common.attached, facts),
        questions=fill(common.questions, facts),
        closing=common.closing,
    )


def without_attachments(text: MailText) -> MailText:
    """Return the words of a message that brings no file along."""
    return evolve(text, attached=None)


def _needed(text: str, facts: Mapping[str, str | None]) -> str:
    found = fill(text, facts)
    if found is None:
        raise KeyError(next(name for name in sorted(blanks_of(text)) if facts.get(name) is None))
    return found
