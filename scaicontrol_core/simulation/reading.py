"""Reading a scenario: a file's plain value in, a ``Scenario`` out, or one ``Invalid`` that points at every fault."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeVar

from attrs import NOTHING, fields

from scaicontrol_core.catalog.catalogue_file import read_catalogue
from scaicontrol_core.kernel.checks import Findings
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.simulation.scenario import Customers, Habits, Metered, Offer, Paying, Reseller, Scenario, Usage
from scaicontrol_core.tenancy.partner import NewPartner
from scaicontrol_core.tenancy.seller import PartnerConfiguration

T = TypeVar("T")
_PLAIN = ("name", "months", "seed", "documents")
_OPTIONAL = {"seed": 0, "documents": False}
_PARTS: Mapping[str, type[Any]] = {"customers": Customers, "habits": Habits, "paying": Paying}
_KNOWN = frozenset({*_PLAIN, *_PARTS, "starts_on", "operator", "resellers", "catalogue", "offers", "ladders", "usage"})


def read_scenario(raw: object, *, seed: int | None = None) -> Scenario:
    """Read a scenario; ``seed`` takes the place of its own. Raises ``Invalid`` with a JSON pointer per fault."""
    findings = Findings()
    given = _object(raw, "", _KNOWN, findings)
    for name in ("name", "starts_on", "months", "operator", "catalogue", "offers", "customers"):
        if given.get(name) is None:
            findings.note(f"/{name}", "This is missing.", "required")
    findings.raise_if_any()
    values: dict[str, Any] = {name: given.get(name, _OPTIONAL.get(name)) for name in _PLAIN}
    values["starts_on"] = findings.attempt(lambda: _day(given["starts_on"]))
    values["operator"] = _partner(given["operator"], "/operator", findings)
    values["catalogue"] = findings.attempt(lambda: read_catalogue(given["catalogue"]), "/catalogue")
    values["catalogue_file"] = given["catalogue"]
    values["resellers"] = _each(given.get("resellers"), "/resellers", findings, _reseller)
    values["offers"] = _each(given["offers"], "/offers", findings, _offer)
    values["ladders"] = _each(given.get("ladders"), "/ladders", findings, _ladder)
    values["usage"] = _usage(given.get("usage") or {}, findings)
    for name, kind in _PARTS.items():
        values[name] = _built(kind, given.get(name) or {}, f"/{name}", findings)
    if seed is not None:
        values["seed"] = seed
    findings.raise_if_any()
    return Scenario(**values)


def _usage(raw: object, findings: Findings) -> Usage | None:
    given = dict(_object(raw, "/usage", _names(Usage), findings))
    given["metrics"] = _each(given.get("metrics"), "/usage/metrics", findings, _metered)
    return _built(Usage, given, "/usage", findings)


def _metered(raw: object, at: str, findings: Findings) -> Metered | None:
    return _built(Metered, raw, at, findings)


def _offer(raw: object, at: str, findings: Findings) -> Offer | None:
    return _built(Offer, raw, at, findings)


def _reseller(raw: object, at: str, findings: Findings) -> Reseller | None:
    given = _object(raw, at, frozenset({"name", "configuration", "share"}), findings)
    partner = _partner({name: each for name, each in given.items() if name != "share"}, at, findings)
    if partner is None:
        return None
    return findings.attempt(lambda: Reseller(partner=partner, share=given.get("share", 0)), at)


def _ladder(raw: object, at: str, findings: Findings) -> tuple[str, ...] | None:
    if not isinstance(raw, list) or not all(isinstance(key, str) for key in raw):
        findings.note(at, "A ladder is a list of plan keys.", "ladder_invalid")
        return None
    return tuple(raw)


def _partner(raw: object, at: str, findings: Findings) -> NewPartner | None:
    given = _object(raw, at, frozenset({"name", "configuration"}), findings)
    own = _object(given.get("configuration") or {}, f"{at}/configuration", None, findings)
    configuration = findings.attempt(lambda: PartnerConfiguration().amended(own), f"{at}/configuration")
    if configuration is None:
        return None
    return findings.attempt(lambda: NewPartner(name=given.get("name") or "", configuration=configuration), at)


def _each(raw: object, at: str, findings: Findings, read: Callable[[object, str, Findings], T | None]) -> tuple[T, ...]:
    if raw is not None and not isinstance(raw, list):
        findings.note(at, "This must be a list.", "list_invalid")
        return ()
    found = (read(each, f"{at}/{place}", findings) for place, each in enumerate(raw or ()))
    return tuple(each for each in found if each is not None)


def _built(kind: type[T], raw: object, at: str, findings: Findings) -> T | None:
    given = _object(raw, at, _names(kind), findings)
    known = {name: value for name, value in given.items() if name in _names(kind)}
    missing = [each.name for each in fields(kind) if each.default is NOTHING and known.get(each.name) is None]  # type: ignore[arg-type]  # attrs classes only
    for name in missing:
        findings.note(f"{at}/{name}", "This is missing.", "required")
    return None if missing else findings.attempt(lambda: kind(**known), at)


def _object(raw: object, at: str, known: frozenset[str] | None, findings: Findings) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        findings.note(at, "This must be an object.", "object_invalid")
        return {}
    for name in raw:
        if known is not None and name not in known:
            findings.note(f"{at}/{name}", f"There is no field {name!r} here.", "field_unknown")
    return raw


def _names(kind: type[Any]) -> frozenset[str]:
    return frozenset(each.name for each in fields(kind))


def _day(value: object) -> date:
    """Read a day, which YAML may have read already."""
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise Invalid.field("/starts_on", f"{value!r} is not a date like 2026-01-31.", code="date_invalid") from None
