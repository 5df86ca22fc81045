"""What VIES's answers mean. Its status codes say little: the body decides, at any status.

The contract: https://ec.europa.eu/taxation_customs/vies/#/technical-information
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from scaicontrol_core.tenancy.vat_register import RegisterAnswer, RegisterRefusesUs, RegisterUnavailable

#: Ours or the operator's to mend; asking again is in vain.
REFUSES_US = frozenset({"INVALID_REQUESTER_INFO", "VAT_BLOCKED", "IP_BLOCKED"})
_INVALID_INPUT = "INVALID_INPUT"
#: What ``userError`` may say beside a clear yes or no.
_CLEAR = frozenset({"", "VALID", "INVALID"})
_UNDISCLOSED = "---"
_UNREADABLE = "UNREADABLE_ANSWER"
_MAX_RAW = 10_000
_MAX_CODE = 60


def read_answer(status: int, body: str, country: str) -> RegisterAnswer:
    """Return the yes or no in a response about a number of that country (``EL`` for Greece).

    Raises ``RegisterRefusesUs``, or ``RegisterUnavailable`` for all else that is no clear answer.
    """
    raw = body[:_MAX_RAW]
    told = _parsed(body)
    if told is None:
        raise RegisterUnavailable(_UNREADABLE if status == HTTPStatus.OK else f"HTTP_{status}", raw=raw)
    fault = _fault(told)
    if fault == _INVALID_INPUT:
        return RegisterAnswer(valid=False, error_code=fault, raw=raw)
    if fault in REFUSES_US:
        raise RegisterRefusesUs(fault, raw=raw)
    if fault is not None:
        raise RegisterUnavailable(fault, raw=raw)
    if status != HTTPStatus.OK:
        raise RegisterUnavailable(f"HTTP_{status}", raw=raw)
    valid = told.get("valid")
    if not isinstance(valid, bool) or told.get("countryCode", country) != country:
        raise RegisterUnavailable(_UNREADABLE, raw=raw)
    return RegisterAnswer(
        valid=valid,
        consultation_number=_text(told.get("requestIdentifier")),
        name=_text(told.get("name")),
        address=_text(told.get("address")),
        requested_at=_instant(told.get("requestDate")),
        raw=raw,
    )


def _parsed(body: str) -> dict[str, Any] | None:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _fault(told: dict[str, Any]) -> str | None:
    """Return VIES's word for why there is no answer; None if it says nothing against the one there is."""
    wrappers = told.get("errorWrappers")
    if told.get("actionSucceed") is False or wrappers:
        first = wrappers[0] if isinstance(wrappers, list) and wrappers else None
        return _code(first.get("error") if isinstance(first, dict) else None)
    said = told.get("userError")
    is_clear = said is None or (isinstance(said, str) and said in _CLEAR)
    return None if is_clear else _code(said)


def _code(said: object) -> str:
    return said.strip().upper()[:_MAX_CODE] if isinstance(said, str) and said.strip() else _UNREADABLE


def _text(value: object) -> str | None:
    """Return a text; VIES writes three dashes for what a member state does not disclose."""
    text = value.strip() if isinstance(value, str) else ""
    return text if text and text != _UNDISCLOSED else None


def _instant(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found is not None and found.tzinfo is None else found
