"""``scaicontrol admin audit``: whether everything that is stored holds together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from scaicontrol_cli.arguments import AsJson
from scaicontrol_cli.context import call
from scaicontrol_cli.errors import FAILED
from scaicontrol_cli.output import Column, Json, columns, print_json, print_note, print_rows

if TYPE_CHECKING:
    from scaicontrol_core.integrity.finding import IntegrityAudit

_RULES = (*columns("rule"), Column("checked", "checked", right=True), Column("findings", "count", right=True))


def audit(as_json: AsJson = False) -> None:
    """Prove the integrity rules over the whole database; exits with 1 if anything contradicts one."""
    from scaicontrol_core.integrity.use_cases.audit_integrity import AuditIntegrity

    audited = call(lambda session: session.use(AuditIntegrity)(session.actor))
    shown = audit_json(audited)
    if as_json:
        print_json(shown)
    else:
        print_rows([rule | {"count": len(rule["findings"])} for rule in shown["rules"]], _RULES)
        for finding in audited.findings:
            print_note(f"{finding.rule.value}: {finding.resource_type} {finding.resource_id}: {finding.fault}")
        print_note("Everything holds together." if audited.is_clean else f"{len(audited.findings)} contradictions.")
    if not audited.is_clean:
        raise typer.Exit(FAILED)


def audit_json(audited: IntegrityAudit) -> Json:
    """Return the audit as JSON."""
    from scaicontrol_core.kernel.events import to_json

    shown: Json = to_json(audited)
    return shown | {"clean": audited.is_clean}
