"""The page of errors: kinds with their status and exit code, codes with their meaning and origin."""

from __future__ import annotations

from docs.generating.error_codes import ErrorCode, error_classes, error_codes
from docs.generating.http_codes import framework_codes, own_statuses
from docs.generating.markdown import Page, code, sentence, source, table
from scaicontrol_cli.errors import exit_code
from scaicontrol_core.kernel.errors import ErrorKind
from scaicontrol_http.errors import STATUS

_KINDS = """\
Each surface maps kinds, and nothing else: HTTP to a status, the command line to an exit code.
"""
_CODES = """\
A code is stable and part of the API; its message is for people and may change. Where a message stands below, `…` is
what is filled in. A code may belong to several kinds. A dash: it never gets to that surface.
"""
_FRAMEWORK = "What HTTP refuses before a use case is asked, and what went wrong on our side."

_SEE = "*what it is, in each case*"


def page() -> Page:
    """Return the page."""
    return Page(
        name="errors.md",
        title="Errors",
        source="the error classes and codes in the source",
        parts=(
            *("## Kinds", _KINDS, _kinds()),
            *("## Codes", _CODES, _codes()),
            *("## Codes of HTTP alone", _FRAMEWORK, _framework()),
            *("## Classes", _classes()),
        ),
    )


def _kinds() -> str:
    rows = [(code(kind.value), str(STATUS[kind]), str(exit_code(kind))) for kind in ErrorKind]
    return table(("Kind", "HTTP status", "Exit code"), rows)


def _codes() -> str:
    header = ("Code", "Kind", "HTTP", "Exit", "Says", "Where")
    return table(header, map(_code_row, error_codes()))


def _code_row(each: ErrorCode) -> tuple[str, ...]:
    only = {path.partition("/")[0] for path in each.paths}
    status = "–" if only == {"scaicontrol_cli"} else str(own_statuses().get(each.code, STATUS[each.kind]))
    leaves_with = "–" if only == {"scaicontrol_http"} else str(exit_code(each.kind))
    where = ", ".join(map(source, each.paths))
    return code(each.code), code(each.kind.value), status, leaves_with, sentence(each.says) or _SEE, where


def _framework() -> str:
    found = [(name, status, says or _SEE) for name, status, says in framework_codes()]
    return table(("Code", "HTTP", "Says"), [(code(name), str(status), says) for name, status, says in found])


def _classes() -> str:
    rows = [
        (code(each.name), code(each.base) if each.base else "", code(each.code), source(each.path))
        for each in sorted(error_classes().values(), key=lambda each: (each.path, each.name))
    ]
    return table(("Class", "Is a", "Code", "Where"), rows)
