"""A session on a server elsewhere: each use case is a call over HTTP."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast

import httpx
from attrs import field, frozen

from scaicontrol_adapters.calling import Call
from scaicontrol_adapters.plain_errors import error_from
from scaicontrol_cli.context import Session
from scaicontrol_cli.remote.target import LocalOnly, Target
from scaicontrol_core.access.actor import Actor
from scaicontrol_core.kernel.errors import ErrorKind, Invalid, ScaiControlError, Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

from contextlib import asynccontextmanager

U = TypeVar("U")

#: A billing run answers when it is done.
_PATIENCE = httpx.Timeout(900.0, connect=10.0)
_ATTEMPTS = 3
_PAUSE_SECONDS = 0.5
#: The verbs of use cases that change nothing: they may be asked again at any time, and need no key.
READING = ("Audit", "Explain", "Export", "Find", "Get", "List", "Preview", "Read", "Render", "Report", "Resolve")
READING_TOO = frozenset({"StateAccount", "ValidateTemplate"})
_KIND = {
    400: ErrorKind.MALFORMED,
    401: ErrorKind.UNAUTHENTICATED,
    403: ErrorKind.FORBIDDEN,
    404: ErrorKind.NOT_FOUND,
    409: ErrorKind.CONFLICT,
    412: ErrorKind.STALE,
    413: ErrorKind.INVALID,
    422: ErrorKind.INVALID,
    429: ErrorKind.LIMITED,
}
_REPLAYED = "Idempotent-Replayed"
_GATEWAY = frozenset({502, 504})
_LATER = frozenset({"commit_unknown", "idempotency_in_flight"})


@frozen
class RemoteSession(Session):
    """As ``Session``; ``actor`` is nobody here: the server knows the token's."""

    client: httpx.AsyncClient = field(kw_only=True)

    def use(self, use_case: type[U]) -> U:
        """Return what calls the use case there."""
        return cast("U", RemoteCall(self.client, use_case))


class _NoContainer:
    """Stands where a local session has its container."""

    def __getattr__(self, name: str) -> NoReturn:
        raise LocalOnly("This needs the installation itself, not only its server.")


@frozen
class RemoteCall:
    """A use case on the server, called as if it were here."""

    client: httpx.AsyncClient
    use_case: type[Any]

    async def __call__(self, _actor: Actor, *given: Any, **named: Any) -> Any:
        """Send the arguments, and return or raise what the server answers.

        A change carries a key, so that a lost answer is asked for again without a second effect. Raises
        ``Unavailable``: ``remote_unreachable`` (nothing happened), ``remote_outcome_unknown``.
        """
        from importlib.metadata import version

        call = Call.of(self.use_case)
        body = {"version": version("scaicontrol"), "arguments": call.written(given, named)}
        headers = {} if is_reading(self.use_case.__name__) else {"Idempotency-Key": _key()}
        answer = await self._answer(body, headers)
        if answer.status_code != httpx.codes.OK:
            raise _error(answer)
        try:
            return call.answered(answer.json()["result"])
        except (ValueError, KeyError, TypeError, Invalid):
            raise _told_already() if _REPLAYED in answer.headers else _strange(answer.status_code) from None

    async def _answer(self, body: dict[str, Any], headers: dict[str, str]) -> httpx.Response:
        sent = False
        for attempt in range(_ATTEMPTS):
            try:
                answer = await self.client.post(f"/admin/calls/{self.use_case.__name__}", json=body, headers=headers)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                if not sent:
                    raise _unreachable(self.client, error) from None
            except httpx.TimeoutException:
                raise _unknown("It took too long", headers) from None
            except httpx.TransportError:
                sent = True
            else:
                if answer.status_code not in _GATEWAY and not _is_under_way(answer, again=sent):
                    return answer
                sent = True
            await asyncio.sleep(_PAUSE_SECONDS * 2**attempt)
        raise _unknown("The line broke", headers)


@asynccontextmanager
async def remote_session(target: Target) -> AsyncIterator[Session]:
    """Open a session on a server, close it afterwards."""
    headers = {"Authorization": f"Bearer {target.token}", "Accept": "application/json"}
    async with httpx.AsyncClient(base_url=target.api, headers=headers, timeout=_PATIENCE) as client:
        yield RemoteSession(cast("Any", _NoContainer()), Actor.anonymous(), client=client)


def is_reading(name: str) -> bool:
    """Tell of a use case by its name whether it changes nothing."""
    return name.startswith(READING) or name in READING_TOO


def _key() -> str:
    from uuid import uuid4

    return f"cli-{uuid4().hex}"


def _is_under_way(answer: httpx.Response, *, again: bool) -> bool:
    """Tell whether it is our own first attempt that a repeated one meets."""
    return again and answer.status_code == httpx.codes.CONFLICT and _problem(answer).get("code") in _LATER


def _problem(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _error(answer: httpx.Response) -> ScaiControlError:
    """Return the error that the server tells of."""
    problem, status = _problem(answer), answer.status_code
    if not isinstance(problem.get("code"), str) or not isinstance(problem.get("detail"), str):
        return _strange(status)
    kind = answer.headers.get("X-Error-Kind") or _KIND.get(status, ErrorKind.UNAVAILABLE).value
    try:
        return error_from({**problem, "kind": kind})
    except (KeyError, ValueError, TypeError):
        return _strange(status)


def _told_already() -> Unavailable:
    return Unavailable(
        "It was done, but the answer was lost on the way, and it holds a secret that is told once.",
        code="remote_answer_lost",
        hint="Rotate the secret to have one.",
    )


def _strange(status: int) -> Unavailable:
    return Unavailable(
        f"What answers there is no ScaiControl of this version (status {status}).",
        code="remote_answer_strange",
        hint="Is the address right?",
    )


def _unreachable(client: httpx.AsyncClient, error: Exception) -> Unavailable:
    reason = "it takes too long" if isinstance(error, httpx.TimeoutException) else "nobody answers"
    return Unavailable(
        f"{client.base_url.host} cannot be reached: {reason}. Nothing was changed.", code="remote_unreachable"
    )


def _unknown(reason: str, headers: dict[str, str]) -> Unavailable:
    if not headers:
        return Unavailable(f"{reason} before the answer came; nothing was to be changed.", code="remote_answer_lost")
    return Unavailable(
        f"{reason} before the answer came: whether it was done is unknown.",
        code="remote_outcome_unknown",
        hint="Look before you repeat it.",
    )
