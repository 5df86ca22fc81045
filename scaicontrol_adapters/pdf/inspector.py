"""Reading an operator's Jinja without running it: syntax, what it may not do, names that nothing has."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from attrs import frozen
from jinja2 import Environment, TemplateNotFound, TemplateSyntaxError, nodes, pass_context
from jinja2.meta import find_undeclared_variables
from jinja2.runtime import Context

from scaicontrol_adapters.mail.composer import built_in_source
from scaicontrol_adapters.pdf.sandbox import environment
from scaicontrol_core.documents.templates.ports import SourceFinding

_LOADS: Final = (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)
#: What Jinja itself offers under a name.
_OWN: Final = frozenset({"range", "dict", "lipsum", "cycler", "joiner", "namespace"})


@frozen
class JinjaInspector:
    """A ``TemplateInspector`` over the sandbox's own grammar and filters."""

    def inspect(self, source: str, known: Collection[str]) -> Sequence[SourceFinding]:
        """Return what is wrong, by line; wrong syntax alone, since nothing else can be seen then."""
        sandbox = _without_computing(environment("en"))
        try:
            tree = sandbox.parse(source)
            # Unknown filters and tests show when it is compiled, not when it is parsed.
            sandbox.compile(source)
            unknown = find_undeclared_variables(tree) - set(known) - _OWN - set(_declared(tree))
        except TemplateSyntaxError as wrong:
            return [SourceFinding(wrong.lineno, f"wrong syntax: {wrong.message}")]
        except (RecursionError, SyntaxError, MemoryError):  # of Python's own compiler
            return [SourceFinding(None, "it is nested too deeply")]
        found = [*_forbidden(sandbox, tree), *_unknown(tree, unknown)]
        return sorted(found, key=lambda each: each.line or 0)


def _without_computing(sandbox: Environment) -> Environment:
    """Return the same grammar and the names of the same filters, none of which does anything.

    A compiler works out ahead what is constant, and a chain of ``replace`` over a few letters fills the
    memory: that is for a renderer's process to try, within its limits.
    """
    inert = sandbox.overlay()
    inert.filters = dict.fromkeys(sandbox.filters, _nothing)
    return inert


@pass_context
def _nothing(_context: Context, *_: object, **__: object) -> str:
    return ""  # pragma: no cover - what needs the context is never computed ahead


def _forbidden(sandbox: Environment, tree: nodes.Template) -> Iterator[SourceFinding]:
    for loading in tree.find_all(_LOADS):
        name = getattr(loading, "template", None)
        if not isinstance(name, nodes.Const) or not _is_built_in(sandbox, name.value):
            yield SourceFinding(loading.lineno, "only built-in templates can be included or extended, by their names")
    for attribute in tree.find_all(nodes.Getattr):
        if attribute.attr.startswith("_"):
            yield SourceFinding(attribute.lineno, f"the attribute {attribute.attr!r} is forbidden")
    for item in tree.find_all(nodes.Getitem):
        if isinstance(item.arg, nodes.Const) and str(item.arg.value).startswith("_"):
            yield SourceFinding(item.lineno, f"the attribute {item.arg.value!r} is forbidden")


def _is_built_in(sandbox: Environment, name: object) -> bool:
    if not isinstance(name, str) or sandbox.loader is None:
        return False
    if built_in_source(name) is not None:
        return True  # one of the e-mails'
    try:
        sandbox.loader.get_source(sandbox, name)
    except TemplateNotFound:
        return False
    return True


def _declared(tree: nodes.Template) -> Iterator[str]:
    """Return the names that the template itself gives: to a block they look foreign."""
    for imported in tree.find_all(nodes.FromImport):
        yield from (each if isinstance(each, str) else each[1] for each in imported.names)
    yield from (each.target for each in tree.find_all(nodes.Import))
    yield from (each.name for each in tree.find_all(nodes.Macro))
    yield from (each.name for each in tree.find_all(nodes.Name) if each.ctx != "load")


def _unknown(tree: nodes.Template, names: set[str]) -> Iterator[SourceFinding]:
    """Name each unknown variable where it stands first."""
    for name in sorted(names):
        lines = [each.lineno for each in tree.find_all(nodes.Name) if each.name == name]
        yield SourceFinding(min(lines, default=None), f"there is no variable {name!r}")
