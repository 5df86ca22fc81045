"""The page of everything that a template may name, from the typed context that templates see."""

from __future__ import annotations

from docs.generating.markdown import Page, code, prose, table
from scaicontrol_core.documents.templates.template import TemplateType
from scaicontrol_core.documents.templates.variables import Variable, variables_of

_RULE = """\
`[]` stands behind a list: `{% for line in line_items %}{{ line.net|money }}{% endfor %}`. What may be missing is null
where it is; `{% if seller.iban %}` asks. Amounts, dates and numbers are values: the filter writes them in the buyer's
language. A name that is not on this page is an error, found when a template is saved.
"""
_MAIL_RULE = """\
E-mails may name all of the above (but for the end of a trial, which is about no document), and these. `text` are the
built-in words of the type, filled in; `trial`, `failure` and `reminder` are null in messages about something else.
"""
_LABELS = "labels."


def page() -> Page:
    """Return the page."""
    printed = variables_of(TemplateType.INVOICE)
    known = {each.path for each in printed}
    kinds = (
        TemplateType.EMAIL_INVOICE,
        TemplateType.EMAIL_TRIAL_ENDING,
        TemplateType.EMAIL_PAYMENT_FAILED,
        TemplateType.EMAIL_REMINDER_1,
    )
    mailed = {each.path: each for kind in kinds for each in variables_of(kind) if each.path not in known}
    labels = ", ".join(code(each.path) for each in printed if each.path.startswith(_LABELS))
    return Page(
        name="template-variables.md",
        title="What templates may name",
        source="the typed context of the core",
        parts=(
            _RULE,
            "## Invoices and credit notes",
            _table([each for each in printed if not each.path.startswith(_LABELS)]),
            "## Words in the buyer's language",
            labels,
            "## E-mails",
            _MAIL_RULE,
            _table(list(mailed.values())),
        ),
    )


def _table(variables: list[Variable]) -> str:
    rows = [
        (
            code(each.path),
            each.kind,
            "may be missing" if each.optional else "",
            code(f"|{each.filter}") if each.filter else "",
            prose(each.description),
        )
        for each in variables
    ]
    return table(("name", "kind", "", "filter", "what it is"), rows)
