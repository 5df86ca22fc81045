"""Arguments and options that the commands of templates share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scaicontrol_cli.completion import words
from scaicontrol_core.kernel.checks import choice, maybe

if TYPE_CHECKING:
    from scaicontrol_core.documents.templates.template import TemplateLanguage, TemplateType

Template = Annotated[str, typer.Argument(help="The template's id.", metavar="TEMPLATE")]
Type = Annotated[
    str,
    typer.Option(
        "--type",
        help="invoice, credit_note, email_invoice, email_reminder_1 …",
        autocompletion=words("scaicontrol_core.documents.templates.template:TemplateType"),
    ),
]
AnyType = Annotated[
    str | None,
    typer.Option(
        "--type",
        help="Only those of this type.",
        autocompletion=words("scaicontrol_core.documents.templates.template:TemplateType"),
    ),
]
Language = Annotated[
    str | None,
    typer.Option(
        help="en, nl, de, fr, es or it (default: any).",
        autocompletion=words("scaicontrol_core.documents.templates.template:TemplateLanguage"),
    ),
]
Css = Annotated[str | None, typer.Option("--css", help="A file with its stylesheet.")]
Subject = Annotated[str | None, typer.Option(help="An e-mail's subject, in Jinja.")]
Output = Annotated[str, typer.Option("--output", "-o", help="The file to write; - is standard output.")]


def kind_of(text: str) -> TemplateType:
    """Return the document type; ``Invalid`` for an unknown one."""
    from scaicontrol_core.documents.templates.template import TemplateType

    found: TemplateType = choice(TemplateType)(text, "/type")
    return found


def language_of(text: str | None) -> TemplateLanguage | None:
    """Return the language; ``Invalid`` for an unknown one."""
    from scaicontrol_core.documents.templates.template import TemplateLanguage

    found: TemplateLanguage | None = maybe(choice(TemplateLanguage))(text, "/language")
    return found
