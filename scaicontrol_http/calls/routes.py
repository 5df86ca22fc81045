"""One route for the command line of another machine: it runs a use case, with the rights of its caller's token."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from litestar import Request, Response, post
from litestar.params import FromPath, JSONBody

from scaicontrol_adapters.calling import Call
from scaicontrol_core.kernel.errors import Conflict, NotFound, ScaiControlError
from scaicontrol_http.calls.offered import offered
from scaicontrol_http.calls.schemas import CallAnswer, CallBody
from scaicontrol_http.dependencies import Actor, Container
from scaicontrol_http.errors import Problem, on_known_error
from scaicontrol_http.idempotency import TOLD_ONCE

if TYPE_CHECKING:
    from collections.abc import Callable

#: Which kind of error it was: several share a status, and the exit code depends on the kind.
KIND_HEADER = "X-Error-Kind"
_MOST_BYTES = 4 * 1024 * 1024


def on_refused_call(request: Request[Any, Any, Any], error: ScaiControlError) -> Response[Problem]:
    """Answer an error as every route does, and name its kind."""
    answer = on_known_error(request, error)
    answer.headers[KIND_HEADER] = error.kind.value
    return answer


_ON_ERROR: dict[Any, Callable[..., Any]] = {ScaiControlError: on_refused_call}


@post(
    "/admin/calls/{use_case:str}",
    tags=["Command line"],
    summary="Run a use case for the command line",
    status_code=200,
    opt={"idempotent": True, TOLD_ONCE: ("result.secret",)},
    request_max_body_size=_MOST_BYTES,
    exception_handlers=_ON_ERROR,
)
async def call_use_case(
    container: Container, actor: Actor, use_case: FromPath[str], data: JSONBody[CallBody]
) -> Response[CallAnswer]:
    """For `scaicontrol --url`: arguments and result are the core's own, so both sides must be of one version.

    Programs use the other routes, whose shapes are promised.
    """
    wanted = offered().get(use_case)
    if wanted is None:
        raise NotFound(f"The command line calls no {use_case[:80]!r}.", code="call_not_found")
    own = version("scaicontrol")
    if data.version != own:
        raise Conflict(
            f"This server is version {own}, and the command line is {data.version[:40]!r}.",
            code="version_mismatch",
            hint=f"Install version {own} on your machine.",
        )
    call = Call.of(wanted)
    result = await container.use(wanted)(actor, **call.read(data.arguments))
    return Response(CallAnswer(result=call.answer(result)))


ROUTES = (call_use_case,)
