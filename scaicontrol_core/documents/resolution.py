"""Which template a document or an e-mail is written with: the first that exists along one chain.

The tenant's own template comes before its partner's, a template in the reader's language before
the one for any language, and at the end there is always the built-in one.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from attrs import frozen

from scaicontrol_core.documents.mail import MailType

if TYPE_CHECKING:
    from collections.abc import Collection

LANGUAGES: Final = ("en", "nl", "de", "fr", "es", "it")
#: What is printed; everything else that has a template is an e-mail.
PRINTED_TYPES: Final = ("invoice", "credit_note")
DOCUMENT_TYPES: Final = (*PRINTED_TYPES, *(kind.value for kind in MailType))


class Chooser(StrEnum):
    """Who chose a template by its name."""

    TENANT = "tenant"
    PARTNER = "partner"
    BUILT_IN = "built_in"


@frozen
class Step:
    """One thing looked for: ``name`` in ``language`` (None: for any language), because ``chooser`` named it."""

    chooser: Chooser
    name: str | None
    language: str | None
    found: bool

    @property
    def reason(self) -> str:
        """Say in words what was looked for and what came of it."""
        if self.chooser is Chooser.BUILT_IN:
            return "The built-in template, which is always there."
        if self.name is None:
            return f"The {self.chooser} names no template."
        wanted = f"The {self.chooser}'s template {self.name!r} in {self.language or 'any language'}"
        return f"{wanted}: {'found' if self.found else 'there is none'}."


@frozen
class Resolution:
    """The template chosen (``name`` None: the built-in one) and every step that led there, in order."""

    document_type: str
    trace: tuple[Step, ...]

    @property
    def chosen(self) -> Step:
        """The step that found something: the last one."""
        return self.trace[-1]

    @property
    def built_in(self) -> bool:
        """Tell whether no template of anybody's own was found."""
        return self.chosen.chooser is Chooser.BUILT_IN


@frozen(kw_only=True)
class ChosenNames:
    """The template names that a tenant's billing profile and its partner's configuration give, if they do."""

    tenant: str | None = None
    partner: str | None = None


def resolve(
    document_type: str,
    language: str,
    names: ChosenNames,
    existing: Collection[tuple[str, str, str | None]],
) -> Resolution:
    """Walk the chain over the existing templates' (name, document type, language); first hit wins.

    Language is the buyer's; ``names`` are those for documents or those for e-mails, as the type demands.
    """
    trace: list[Step] = []
    for chooser, name in ((Chooser.TENANT, names.tenant), (Chooser.PARTNER, names.partner)):
        if name is None:
            trace.append(Step(chooser, None, None, found=False))
            continue
        for wanted in (language, None):
            step = Step(chooser, name, wanted, found=(name, document_type, wanted) in existing)
            trace.append(step)
            if step.found:
                return Resolution(document_type, tuple(trace))
    trace.append(Step(Chooser.BUILT_IN, None, language, found=True))
    return Resolution(document_type, tuple(trace))
