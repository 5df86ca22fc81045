"""Idempotency keys of tools: kept with those of HTTP, under the same caller, by the same rules."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from scaicontrol_core.kernel.errors import FieldError, Malformed, ScaiControlError
from scaicontrol_core.kernel.idempotency import IdempotencyRecord, StoredAnswer
from scaicontrol_http.errors import STATUS, outcome_is_known
from scaicontrol_http.idempotency import owner_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from scaicontrol_http.mcp.action import Call

Json = dict[str, Any]
_JSON = "application/json"

log = structlog.get_logger(__name__)


async def once(call: Call, wish: bytes, do: Callable[[], Awaitable[Json]], *, told_once: Sequence[str] = ()) -> Json:
    """Do something once for each key, and repeat its answer, marked ``replayed``, to whoever asks again.

    ``told_once`` names what of the result is not kept: a secret is in no table. What was refused keeps nothing.
    Where nobody can tell whether there was an effect, the key stays in flight.
    Raises ``Invalid`` (``idempotency_key_reused``), ``Conflict`` (``idempotency_in_flight``).
    """
    key, owner = _checked(call.around.idempotency_key or ""), owner_of(call.actor)
    records, retry = call.container.idempotency, call.container.retry
    request_hash = hashlib.sha256(wish).hexdigest()
    claimed = IdempotencyRecord(owner, key, request_hash, call.container.clock.now())
    earlier = await records.claim(claimed)
    if earlier is not None:
        told: Json = msgspec.json.decode(earlier.replay(request_hash).body)
        return told | {"replayed": True}
    try:
        content = await do()
    except ScaiControlError as error:
        if outcome_is_known(STATUS[error.kind], error.code):
            await _settle(retry, lambda: records.release(claimed))
        raise
    kept = content | {"result": content["result"] | dict.fromkeys(told_once)} if told_once else content
    answer = StoredAnswer(HTTPStatus.OK, _JSON, msgspec.json.encode(kept))
    await _settle(retry, lambda: records.complete(claimed, answer))
    return content


async def _settle(retry: Any, keep: Callable[[], Awaitable[None]]) -> None:
    try:
        await retry(keep)
    except ScaiControlError as error:
        # The caller gets the answer all the same; a repeat will find the key in flight.
        log.exception("idempotency_not_settled", code=error.code)


def _checked(key: str) -> str:
    if not key.isascii() or not key.isprintable():
        raise Malformed(
            "The idempotency_key cannot be used.",
            code="idempotency_key_malformed",
            fields=(FieldError("/idempotency_key", "printable ASCII characters"),),
        )
    return key
