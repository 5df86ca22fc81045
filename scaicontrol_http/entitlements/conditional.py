"""Conditional answers: an ETag of the content, 304 for who has it already, and how long it may be kept."""

from __future__ import annotations

import hashlib
import re
from typing import Any, TypeVar, cast

import msgspec
from litestar import Request, Response
from litestar.enums import MediaType

A = TypeVar("A")
_TAG = re.compile(r'(?:W/)?("[^"]*")')
_DIGITS = 32
_SECOND = 1000


def conditional(request: Request[Any, Any, Any], answer: A, left: int) -> Response[A]:
    """Return the answer, or 304 if the caller has the same; ``left`` milliseconds it may be relied upon.

    Who keeps it for ``max-age`` is never further behind than who asks: what has passed of its
    time here is not given away a second time.
    """
    body = msgspec.json.encode(answer)
    tag = f'"{hashlib.sha256(body).hexdigest()[:_DIGITS]}"'
    headers = {
        "ETag": tag,
        "Cache-Control": f"private, max-age={left // _SECOND}",
        "Vary": "Authorization",
    }
    known = request.headers.get("if-none-match", "")
    if known.strip() == "*" or tag in _TAG.findall(known):
        return cast("Response[A]", Response(None, status_code=304, headers=headers))
    # Encoded once: what is hashed is what is sent.
    return cast("Response[A]", Response(body, media_type=MediaType.JSON, headers=headers))
