"""``scaicontrol admin audit-log``: who changed what, when, from what to what."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from scaicontrol_cli.arguments import DEFAULT_LIMIT, AsJson, Cursor, Limit, PageNumber, choice, instant, page
from scaicontrol_cli.context import Session, call
from scaicontrol_cli.errors import FAILED
from scaicontrol_cli.groups import group
from scaicontrol_cli.history import print_log
from scaicontrol_cli.output import print_json, print_note
from scaicontrol_core.kernel.errors import Conflict, Malformed
from scaicontrol_core.kernel.ids import PartnerId, TenantId

app = group("The audit log: who changed what, when, from what to what.")

_Resource = Annotated[str | None, typer.Option("--resource", help="Only of this resource type: invoice, tenant, …")]
_Id = Annotated[str | None, typer.Option("--id", help="Only of the resource with this id.")]
_Action = Annotated[str | None, typer.Option(help="Only this action: invoice.finalized, …")]
_User = Annotated[str | None, typer.Option(help="Only by this user, service or job, as the log names it.")]
_Kind = Annotated[str | None, typer.Option("--actor-kind", help="user, service, job or operator.")]
_Request = Annotated[str | None, typer.Option("--request-id", help="Only of the request with this id.")]
_Partner = Annotated[str | None, typer.Option("--partner", help="Only of the partner with this id.")]
_Tenant = Annotated[str | None, typer.Option("--tenant", help="Only of the tenant with this id.")]
_Since = Annotated[str | None, typer.Option(help="From this instant on: 2026-01-31, or 2026-01-31T12:00:00Z.")]
_Month = Annotated[str, typer.Option(help="The month to archive, 2026-01; it must be over, in UTC.")]
_To = Annotated[str | None, typer.Option(help="A file that is not there yet, one entry a line (NDJSON).")]
_Against = Annotated[str | None, typer.Option(help="An archive to compare with: exits with 1 if it differs.")]
_Until = Annotated[str | None, typer.Option(help="Before this instant.")]


@app.command("list")
def list_entries(
    resource: _Resource = None,
    resource_id: _Id = None,
    action: _Action = None,
    user: _User = None,
    actor_kind: _Kind = None,
    request_id: _Request = None,
    partner: _Partner = None,
    tenant: _Tenant = None,
    since: _Since = None,
    until: _Until = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    page_number: PageNumber = None,
    as_json: AsJson = False,
) -> None:
    """List entries, newest first."""
    from scaicontrol_core.access.actor import ActorKind
    from scaicontrol_core.audit.ports import AuditFilter
    from scaicontrol_core.audit.use_cases.read_audit_log import ReadAuditLog

    kind = choice(ActorKind, actor_kind, "/actor_kind")
    criteria = AuditFilter(
        resource_type=resource,
        resource_id=resource_id,
        action=action,
        user_id=user,
        actor_kind=kind.value if kind else None,
        request_id=request_id,
        partner_id=PartnerId(partner) if partner else None,
        tenant_id=TenantId(tenant) if tenant else None,
        since=instant(since, "/since"),
        until=instant(until, "/until"),
    )
    request = page(limit, cursor, page_number, None)
    print_log(call(lambda session: session.use(ReadAuditLog)(session.actor, request, criteria)), as_json=as_json)


@app.command("export")
def export_month(month: _Month, to: _To = None, against: _Against = None, as_json: AsJson = False) -> None:
    """Write a month to a file, or compare it with one; either way show how many entries and their SHA-256."""
    written = _Archive(to)
    count = _read(month, written)
    digest = written.close()
    fits = None if against is None else digest == _digest_of(against)
    if as_json:
        print_json({"month": month, "entries": count, "sha256": digest, "file": to, "matches": fits})
    else:
        print_note(f"{month}: {count} entries, sha256 {digest}")
    if fits is False:
        print_note(f"{against} is not what the log holds.")
        raise typer.Exit(FAILED)


class _Archive:
    """A file that is written line by line and appears when it is whole; without a name only its digest is made."""

    def __init__(self, name: str | None) -> None:
        self._digest = hashlib.sha256()
        self._path = None if name is None else Path(name)
        if self._path is not None and self._path.exists():
            raise Conflict(f"{name} is there already: an archive is written once.", code="file_exists")
        self._part = None if self._path is None else self._path.with_name(self._path.name + ".part")
        try:
            self._file = None if self._part is None else self._part.open("wb")
        except OSError as error:
            raise Malformed(f"{name}: {error.strerror or error}.", code="file_unwritable") from None

    def add(self, lines: tuple[str, ...]) -> None:
        """Append lines."""
        content = "".join(f"{line}\n" for line in lines).encode()
        self._digest.update(content)
        if self._file is not None:
            self._file.write(content)

    def close(self) -> str:
        """Give the file its name; return the digest."""
        if self._file is not None and self._part is not None and self._path is not None:
            self._file.close()
            self._part.replace(self._path)
        return self._digest.hexdigest()


def _read(month: str, archive: _Archive) -> int:
    from scaicontrol_core.audit.use_cases.export_audit_month import ExportAuditMonth
    from scaicontrol_core.billing.billing_run import parse_month

    wanted = parse_month(month, "/month")

    async def work(session: Session) -> int:
        export, count, cursor = session.use(ExportAuditMonth), 0, None
        while True:
            part = await export(session.actor, wanted, cursor)
            archive.add(part.lines)
            count, cursor = count + len(part.lines), part.next_cursor
            if cursor is None:
                return count

    return call(work)


def _digest_of(name: str) -> str:
    try:
        with Path(name).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Malformed(f"{name}: {error.strerror or error}.", code="file_unreadable") from None
