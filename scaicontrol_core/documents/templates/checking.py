"""Checking a template before it is used: read, rendered over samples, held against what the law asks."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.documents.errors import RenderingLimitExceeded, TemplateRejected
from scaicontrol_core.documents.mail import MailType
from scaicontrol_core.documents.mail_composing import MailTemplateSource
from scaicontrol_core.documents.ports import TemplateSource
from scaicontrol_core.documents.templates.errors import TemplateFaulty
from scaicontrol_core.documents.templates.mandatory import FACTS, missing, probe, warning_of
from scaicontrol_core.documents.templates.markup import css_faults, html_faults
from scaicontrol_core.documents.templates.samples import sample_documents, sample_orders
from scaicontrol_core.documents.templates.template import field_at
from scaicontrol_core.documents.templates.variables import names_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scaicontrol_core.documents.ports import DocumentRenderer
    from scaicontrol_core.documents.templates.ports import SourceFinding, TemplateInspector
    from scaicontrol_core.documents.templates.template import TemplateContent, TemplateLanguage, TemplateType
    from scaicontrol_core.documents.transmission_ports import MailRenderer

#: The name under which a template is rendered that has none yet.
_NAME = "draft"
_DEFAULT_LANGUAGE = "en"
#: Characters of a sample's HTML: forty lines with a picture in them are far from it, and it is read in no time.
_MOST_SHOWN = 2_000_000


class Severity(StrEnum):
    """An error refuses the save; a warning is said and no more."""

    ERROR = "error"
    WARNING = "warning"


@frozen(kw_only=True)
class TemplateFinding:
    """One thing found: in which field (``html_content``, ``css_content``, ``subject``), on which line if known."""

    severity: Severity
    part: str
    message: str
    line: int | None = None
    sample: str | None = None


@frozen
class TemplateReport:
    """Everything found in a template."""

    findings: tuple[TemplateFinding, ...] = ()

    @property
    def errors(self) -> tuple[TemplateFinding, ...]:
        """What must be mended before it can be saved."""
        return tuple(each for each in self.findings if each.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[TemplateFinding, ...]:
        """What the law asks for and it does not show."""
        return tuple(each for each in self.findings if each.severity is Severity.WARNING)

    def require_usable(self) -> None:
        """Raise ``TemplateFaulty`` with every error, if there is one."""
        if self.errors:
            raise TemplateFaulty.because(field_at(each.part, each.line, each.message) for each in self.errors)


@frozen
class TemplateChecks:
    """The ports that checking needs, handed on by the use cases that do it."""

    renderer: DocumentRenderer
    mail_renderer: MailRenderer
    inspector: TemplateInspector

    async def check(
        self, kind: TemplateType, content: TemplateContent, language: TemplateLanguage | None = None
    ) -> TemplateReport:
        """Return what is wrong with a template; raises ``RenderingUnavailable``."""
        read = self._read(kind, content)
        if read:
            return TemplateReport(tuple(read))
        if kind.is_printed:
            return await self._printed(kind, content, language.value if language else _DEFAULT_LANGUAGE)
        return await self._mailed(MailType(kind.value), content, language.value if language else _DEFAULT_LANGUAGE)

    def _read(self, kind: TemplateType, content: TemplateContent) -> list[TemplateFinding]:
        """Return what can be seen without running it."""
        known = names_of(kind)
        found = _errors("html_content", self.inspector.inspect(content.html_content, known))
        found += _errors("html_content", html_faults(content.html_content, printed=kind.is_printed))
        found += _errors("css_content", css_faults(content.css_content))
        if content.subject is not None:
            found += _errors("subject", self.inspector.inspect(content.subject, known))
        return found

    async def _printed(self, kind: TemplateType, content: TemplateContent, language: str) -> TemplateReport:
        source = TemplateSource(_NAME, content.html_content, content.css_content, content.page_format)
        found: list[TemplateFinding] = []
        absent: dict[str, list[str]] = {}
        for shape, document in sample_documents(kind, language).items():
            try:
                shown = await self.renderer.render_html(document, template=source)
            except (TemplateRejected, RenderingLimitExceeded) as wrong:
                found.append(_failure(wrong, shape))
                continue
            if len(shown.html) > _MOST_SHOWN:
                told = f"it writes more than {_MOST_SHOWN} characters over a sample"
                found.append(TemplateFinding(severity=Severity.ERROR, part="html_content", message=told, sample=shape))
                continue
            probed = await self.renderer.render_html(document, template=probe())
            for fact in missing(shown.html, probed.html):
                absent.setdefault(fact.key, []).append(shape)
        return TemplateReport((*_told_once(found), *_warnings(absent)))

    async def _mailed(self, kind: MailType, content: TemplateContent, language: str) -> TemplateReport:
        source = MailTemplateSource(_NAME, content.subject or "", content.html_content, content.css_content)
        found: list[TemplateFinding] = []
        for shape, order in sample_orders(kind, language).items():
            try:
                written = await self.mail_renderer.render_mail(order, source)
            except (TemplateRejected, RenderingLimitExceeded) as wrong:
                found.append(_failure(wrong, shape))
            else:
                # What expressions put together is not seen in the source.
                found += _errors("html_content", html_faults(written.html, printed=False))
        return TemplateReport(tuple(_told_once(found)))


def _errors(part: str, found: Iterable[SourceFinding]) -> list[TemplateFinding]:
    return [TemplateFinding(severity=Severity.ERROR, part=part, message=each.message, line=each.line) for each in found]


def _failure(wrong: TemplateRejected | RenderingLimitExceeded, sample: str) -> TemplateFinding:
    line = wrong.line if isinstance(wrong, TemplateRejected) else None
    reason = wrong.fields[0].message if wrong.fields else wrong.message
    return TemplateFinding(severity=Severity.ERROR, part="html_content", message=reason, line=line, sample=sample)


def _told_once(found: Iterable[TemplateFinding]) -> Iterable[TemplateFinding]:
    """Leave out what another sample showed already."""
    return {(each.part, each.line, each.message): each for each in reversed(list(found))}.values()


def _warnings(absent: Mapping[str, list[str]]) -> Iterable[TemplateFinding]:
    for fact in FACTS:
        if fact.key in absent:
            message = warning_of(fact, absent[fact.key])
            yield TemplateFinding(severity=Severity.WARNING, part="html_content", message=message)
