"""Options and arguments that several commands share, each worded once; and how words become values."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.paging import DEFAULT_LIMIT, PageRequest

if TYPE_CHECKING:
    from enum import StrEnum

E = TypeVar("E", bound="StrEnum")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, with the names of the HTTP API.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would happen; write nothing.")]
Limit = Annotated[int, typer.Option(help="How many to show, at most 200.")]
Cursor = Annotated[str | None, typer.Option(help="Go on after the list that gave this next_cursor.")]
PageNumber = Annotated[int | None, typer.Option("--page", help="Show this page, counted from 1.")]
Sort = Annotated[str | None, typer.Option(help="Sort by this column; -column for descending.")]
TenantArgument = Annotated[str, typer.Argument(help="The tenant's id or its external reference.", metavar="TENANT")]
TenantOption = Annotated[str | None, typer.Option("--tenant", help="A tenant's id or external reference.")]
PartnerOption = Annotated[str | None, typer.Option("--partner", help="A partner's id (default: the operator).")]
OfPartner = Annotated[str | None, typer.Option("--partner", help="Only those of the partner with this id.")]
PartnerArgument = Annotated[str, typer.Argument(help="The partner's id, or the word operator.", metavar="PARTNER")]
SubscriptionArgument = Annotated[str, typer.Argument(help="The subscription's id.", metavar="SUBSCRIPTION")]
InvoiceArgument = Annotated[str, typer.Argument(help="The invoice's id, or its number.", metavar="INVOICE")]
ExpectedVersion = Annotated[
    int | None, typer.Option("--expected-version", help="Fail if somebody changed it since that version.")
]

__all__ = ["DEFAULT_LIMIT"]


def page(limit: int, cursor: str | None, number: int | None, sort: str | None) -> PageRequest:
    """Return the part of a list that the four options name."""
    return PageRequest(limit=limit, cursor=cursor, page=number, sort=sort)


def day(text: str | None, pointer: str) -> date | None:
    """Read ``YYYY-MM-DD``; ``Invalid`` (``date_invalid``) for anything else, None for None."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid.field(pointer, f"{text!r} is not a date like 2026-01-31.", code="date_invalid") from None


def instant(text: str | None, pointer: str) -> datetime | None:
    """Read an instant, or a day as its beginning; UTC unless it says otherwise. Else ``Invalid``; None for None."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid.field(
            pointer, f"{text!r} is no instant like 2026-01-31T12:00:00Z.", code="instant_invalid"
        ) from None


def choice(kind: type[E], text: str | None, pointer: str) -> E | None:
    """Read one of the enum's words; ``Invalid`` (``choice_unknown``) names them all, None for None."""
    if text is None:
        return None
    try:
        return kind(text)
    except ValueError:
        allowed = ", ".join(member.value for member in kind)
        raise Invalid.field(pointer, f"{text!r} is not one of {allowed}.", code="choice_unknown") from None


def require_yes(yes: bool, question: str) -> None:
    """Ask the person at the terminal; without one, ``--yes`` must have been given."""
    if yes:
        return
    if not at_a_terminal():
        raise Invalid(f"{question} Confirm with --yes.", code="confirmation_required")
    typer.confirm(question, abort=True, err=True)


def at_a_terminal() -> bool:
    """Tell whether there is somebody to ask."""
    import sys

    return sys.stdin.isatty()
