"""A template of somebody's own, and its versions."""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, NewType

from attrs import define, field, frozen

from scaicontrol_core.documents.mail_composing import MailTemplateSource
from scaicontrol_core.documents.page_format import PageFormat
from scaicontrol_core.documents.ports import TemplateSource
from scaicontrol_core.documents.templates.events import (
    TemplateCreated,
    TemplateDeleted,
    TemplateEvent,
    TemplateRestored,
    TemplateSaved,
)
from scaicontrol_core.kernel import checks
from scaicontrol_core.kernel.errors import FieldError, Invalid, NotFound, Refused
from scaicontrol_core.kernel.events import Event, Recorder, to_json
from scaicontrol_core.kernel.ids import PartnerId

TemplateId = NewType("TemplateId", str)

#: Characters of HTML or CSS: more than any designer writes, little enough to read in one piece.
MAX_SOURCE = 500_000
_MAX_SUBJECT = 500


class TemplateType(StrEnum):
    """What is written with a template: two are printed, the others are e-mails."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    EMAIL_INVOICE = "email_invoice"
    EMAIL_CREDIT_NOTE = "email_credit_note"
    EMAIL_TRIAL_ENDING = "email_trial_ending"
    EMAIL_PAYMENT_FAILED = "email_payment_failed"
    EMAIL_REMINDER_1 = "email_reminder_1"
    EMAIL_REMINDER_2 = "email_reminder_2"
    EMAIL_REMINDER_3 = "email_reminder_3"

    @property
    def is_printed(self) -> bool:
        """Tell what goes on paper from what goes by e-mail."""
        return self in {TemplateType.INVOICE, TemplateType.CREDIT_NOTE}


class TemplateLanguage(StrEnum):
    """The languages that a template can be for; None stands for all of them."""

    EN = "en"
    NL = "nl"
    DE = "de"
    FR = "fr"
    ES = "es"
    IT = "it"


class TemplateChange(StrEnum):
    """How a version came to be."""

    CREATED = "created"
    SAVED = "saved"
    RESTORED = "restored"
    DELETED = "deleted"


class TemplateGone(Refused):
    """A deleted template has to be saved or restored before it is used again."""

    code = "document_template_deleted"


@frozen(kw_only=True)
class TemplateIdentity:
    """What tells templates apart: the owner, a name, the type, and the language (None: any)."""

    partner_id: PartnerId
    name: str
    document_type: TemplateType
    language: TemplateLanguage | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse a name that could not stand in a revision, an unknown type, an unknown language."""
        checks.check_fields(
            self,
            {
                "name": checks.required(120),
                "document_type": checks.choice(TemplateType),
                "language": checks.maybe(checks.choice(TemplateLanguage)),
            },
        )
        if "@" in self.name:
            raise Invalid.field("/name", "A name has no @: a version follows one.", code="name_invalid")


def _source(*, required: bool) -> checks.Check:
    """Text as it is written, indentation and line ends included."""

    def check(value: Any, pointer: str) -> str:
        if not isinstance(value, str) or "\x00" in value or any("\ud800" <= each <= "\udfff" for each in value):
            raise Invalid.field(pointer, "This must be text.", code="text_invalid")
        if len(value) > MAX_SOURCE:
            raise Invalid.field(pointer, f"At most {MAX_SOURCE} characters.", code="text_too_long")
        if required and not value.strip():
            raise Invalid.field(pointer, "This may not be empty.", code="text_required")
        return value

    return check


_CONTENT: dict[str, checks.Check] = {
    "subject": checks.maybe_text(_MAX_SUBJECT),
    "html_content": _source(required=True),
    "css_content": _source(required=False),
    "editor_data": checks.maybe(checks.json_object),
    "page_format": checks.maybe(checks.choice(PageFormat)),
}


@frozen(kw_only=True)
class TemplateContent:
    """What a version says: Jinja for the subject (e-mails only) and the body, CSS, and the designer's own notes.

    Without a page format the seller's country decides.
    """

    html_content: str = field(repr=False)
    css_content: str = field(default="", repr=False)
    subject: str | None = None
    editor_data: dict[str, Any] | None = field(default=None, repr=False)
    page_format: PageFormat | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse what is empty, too long, or no text."""
        checks.check_fields(self, _CONTENT)

    def digest(self) -> dict[str, str | None]:
        """Return what the audit log keeps of it: digests of the long texts."""
        long = {"html_content": self.html_content, "css_content": self.css_content, "editor_data": self._notes()}
        digests = {name: sha256(text.encode()).hexdigest() if text else None for name, text in long.items()}
        return {"subject": self.subject, "page_format": self.page_format and self.page_format.value} | digests

    def _notes(self) -> str | None:
        return None if self.editor_data is None else json.dumps(self.editor_data, sort_keys=True)


@frozen(kw_only=True)
class TemplateVersion:
    """One version, append-only. A deletion is one too, and repeats what was deleted."""

    template_id: TemplateId
    partner_id: PartnerId
    version: int
    reason: TemplateChange
    content: TemplateContent
    saved_at: datetime
    saved_by: str


@define(kw_only=True, eq=False)
class DocumentTemplate(Recorder):
    """A template as it is today; ``version`` counts its saves, and is what revisions name.

    A deleted one keeps its identity, so that the same version never names two texts.
    """

    id: TemplateId
    identity: TemplateIdentity
    content: TemplateContent
    reason: TemplateChange
    saved_at: datetime
    saved_by: str
    created_at: datetime
    version: int = 0
    _events: list[Event] = field(factory=list, init=False, repr=False)

    @classmethod
    def create(
        cls, template_id: TemplateId, identity: TemplateIdentity, content: TemplateContent, at: datetime, by: str
    ) -> DocumentTemplate:
        """Make the first version."""
        made = cls(
            id=template_id,
            identity=identity,
            content=content,
            reason=TemplateChange.CREATED,
            saved_at=at,
            saved_by=by,
            created_at=at,
        )
        made._tell(TemplateCreated, {})
        return made

    @property
    def partner_id(self) -> PartnerId:
        """The owner."""
        return self.identity.partner_id

    @property
    def is_deleted(self) -> bool:
        """Tell whether it is used no more."""
        return self.reason is TemplateChange.DELETED

    @property
    def label(self) -> str:
        """Name and version, as revisions and send histories name it."""
        return f"{self.identity.name}@{self.version}"

    def print_source(self) -> TemplateSource:
        """Return it as the renderer of documents takes it."""
        return TemplateSource(self.label, self.content.html_content, self.content.css_content, self.content.page_format)

    def mail_source(self) -> MailTemplateSource:
        """Return it as the renderer of e-mails takes it."""
        content = self.content
        return MailTemplateSource(self.label, content.subject or "", content.html_content, content.css_content)

    def newest(self) -> TemplateVersion:
        """Return today's version, as it is kept for ever."""
        return TemplateVersion(
            template_id=self.id,
            partner_id=self.partner_id,
            version=self.version,
            reason=self.reason,
            content=self.content,
            saved_at=self.saved_at,
            saved_by=self.saved_by,
        )

    # -- verbs -------------------------------------------------------------------------------

    def save(self, content: TemplateContent, at: datetime, by: str) -> None:
        """Begin a new version; the same text again changes nothing, except that a deleted one is back."""
        if self.is_deleted:
            self._become(TemplateChange.CREATED, content, at, by, TemplateCreated)
        elif content != self.content:
            self._become(TemplateChange.SAVED, content, at, by, TemplateSaved)

    def restore(self, version: TemplateVersion, at: datetime, by: str) -> None:
        """Make an older version the newest, as a version of its own."""
        if version.template_id != self.id:
            raise NotFound.of("template version", str(version.version))
        self._become(TemplateChange.RESTORED, version.content, at, by, TemplateRestored)

    def delete(self, at: datetime, by: str) -> None:
        """Use it no more. Raises ``TemplateGone`` for one that is deleted already."""
        if self.is_deleted:
            raise TemplateGone(f"The template {self.identity.name!r} is deleted already.")
        self._become(TemplateChange.DELETED, self.content, at, by, TemplateDeleted)

    # -- inside ------------------------------------------------------------------------------

    def _become(
        self, change: TemplateChange, content: TemplateContent, at: datetime, by: str, event: type[TemplateEvent]
    ) -> None:
        before = self._facts()
        self.reason, self.content, self.saved_at, self.saved_by = change, content, at, by
        self._tell(event, before)

    def _facts(self) -> dict[str, Any]:
        kept = {name: to_json(getattr(self, name)) for name in ("reason", "saved_at", "saved_by")}
        return kept | self.content.digest()

    def _tell(self, event: type[TemplateEvent], old: dict[str, Any]) -> None:
        new = self._facts()
        self._record(
            event(
                resource_id=self.id,
                partner_id=self.partner_id,
                ordinal=self.version + 1,
                changes={name: (old.get(name), new[name]) for name in new if old.get(name) != new[name]},
                name=self.identity.name,
                document_type=self.identity.document_type.value,
                language=self.identity.language.value if self.identity.language else None,
            )
        )


def field_at(part: str, line: int | None, reason: str) -> FieldError:
    """Name a fault by the field it stands in, and the line there."""
    return FieldError(f"/{part}", f"line {line}: {reason}" if line is not None else reason)
