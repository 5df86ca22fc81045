"""Answers about PDFs and statements of account. Amounts are minor units."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec

from scaicontrol_core.documents.revision import DocumentRevision
from scaicontrol_http.requests import Answer


class RevisionAnswer(Answer):
    """One rendering of an invoice; ``sha256`` is that of its bytes, ``reason`` why it was made.

    ``einvoice_format`` and ``einvoice_sha256`` are those of the XML made with it, null if the buyer wants none.
    """

    revision: int
    reason: str
    sha256: str
    size: int
    template: str
    renderer: str
    created_at: datetime
    einvoice_format: str | None
    einvoice_sha256: str | None

    @classmethod
    def of(cls, revision: DocumentRevision) -> RevisionAnswer:
        """Show a revision, without the HTML it was made from."""
        return cls(
            revision=revision.revision,
            reason=revision.reason.value,
            sha256=revision.sha256,
            size=revision.size,
            template=revision.template,
            renderer=revision.renderer,
            created_at=revision.created_at,
            einvoice_format=revision.einvoice_format.value if revision.einvoice_format else None,
            einvoice_sha256=revision.einvoice_sha256,
        )


class StatementEntryAnswer(Answer):
    """What moved the balance: positive was charged, negative credited, paid or cancelled."""

    day: date = msgspec.field(name="date")
    kind: str
    number: str
    amount_cents: int
    balance_cents: int
    due_date: date | None
    overdue: bool


class AccountAnswer(Answer):
    """All entries in one currency, and the balances around them; what is positive is owed to the seller."""

    currency: str
    opening_cents: int
    charged_cents: int
    settled_cents: int
    closing_cents: int
    entries: list[StatementEntryAnswer]


class StatementAnswer(Answer):
    """A statement of account; ``seller`` and ``buyer`` are as they are today."""

    issue_date: date
    language: str
    period_start: date
    period_last_day: date
    seller: dict[str, Any]
    buyer: dict[str, Any]
    accounts: list[AccountAnswer]
