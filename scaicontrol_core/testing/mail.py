"""A mail service in memory, held to the same contract as the real ones; and one that fails on demand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar

from attrs import define, field

from scaicontrol_core.documents.mail import Handed, Mail, message_id_of
from scaicontrol_core.documents.mail_composing import MailOrder, MailTemplateSource, RenderedMail


@define
class MemoryMail:
    """A ``MailSender`` that keeps what it is given; ``sent`` is open to tests, by key.

    ``before`` runs ahead of each hand-over and ``after`` behind it, with the key: to fail, or to die.
    """

    channel: ClassVar[str] = "memory"

    sent: dict[str, Mail] = field(factory=dict)
    calls: list[str] = field(factory=list)
    before: Callable[[str], Awaitable[None]] | None = None
    after: Callable[[str], Awaitable[None]] | None = None

    async def send(self, mail: Mail, idempotency_key: str) -> Handed:
        """Keep the message, the first one of a key."""
        self.calls.append(idempotency_key)
        if self.before is not None:
            await self.before(idempotency_key)
        self.sent.setdefault(idempotency_key, mail)
        if self.after is not None:
            await self.after(idempotency_key)
        return Handed(message_id=message_id_of(idempotency_key, "memory.example"))


@define
class PlainMails:
    """A ``MailRenderer`` that writes the document's number; ``version`` stands for the template's."""

    version: int = 1

    async def render_mail(self, order: MailOrder, template: MailTemplateSource | None = None) -> RenderedMail:
        """Write a line about the order."""
        number = order.document["number"] if order.document else ""
        name = template.name if template else f"plain@{self.version}"
        html = f"<p>{order.mail_type.value} {number} <b>v{self.version}</b></p>"
        return RenderedMail(subject=f"{order.mail_type.value} {number}", html=html, template=name)
