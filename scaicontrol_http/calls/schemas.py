"""Body and answer of a call."""

from __future__ import annotations

from typing import Any

from scaicontrol_http.requests import Answer, Body


class CallBody(Body):
    """The arguments of a use case by name, and the version of the program that wrote them."""

    version: str
    arguments: dict[str, Any]


class CallAnswer(Answer):
    """What the use case answered."""

    result: Any
