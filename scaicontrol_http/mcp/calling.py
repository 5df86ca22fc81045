"""One call of a tool, from its arguments to its answer: the same way for every action, over every transport."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import structlog
from attrs import field, frozen

from scaicontrol_core.kernel.errors import Invalid, Malformed, NotFound, ScaiControlError
from scaicontrol_http.bodies import decode
from scaicontrol_http.mcp.action import Action, Around, Call, Effect
from scaicontrol_http.mcp.answering import Attached, Attachment, brief, refusal
from scaicontrol_http.mcp.once import once
from scaicontrol_http.mcp.schemas import action_schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scaicontrol_adapters.container import Container
    from scaicontrol_core.access import Actor
    from scaicontrol_http.mcp.tool import Tool

Json = dict[str, Any]
_WRONG_CHOICE = "Invalid enum value"

log = structlog.get_logger(__name__)


@frozen
class Outcome:
    """What a call came to: ``content`` for programs, ``text`` for people, files beside them."""

    content: Json
    text: str
    failed: bool = False
    attachments: Sequence[Attachment] = field(factory=tuple)


@frozen
class Desk:
    """Takes calls. It knows all tools, whoever asks; what they may do, the use cases decide."""

    container: Container
    tools: tuple[Tool, ...]

    def listed(self, actor: Actor) -> tuple[tuple[Tool, tuple[type[Action], ...]], ...]:
        """Return the tools of which somebody may do anything, each with the actions they may ask for."""
        found = ((tool, tool.permitted(actor)) for tool in self.tools)
        return tuple((tool, actions) for tool, actions in found if actions)

    async def call(self, name: str, arguments: Mapping[str, Any], actor: Actor) -> Outcome:
        """Do what is asked for. It never raises: what goes wrong is told."""
        try:
            return await self._answer(name, arguments, actor)
        except ScaiControlError as error:
            return _refused(error, actor)
        except Exception as error:
            # A fault of ours: the caller learns only the request id under which the log has the rest.
            log.exception("internal_error", tool=name, error=type(error).__name__, request_id=actor.request_id)
            fault = ScaiControlError(
                "Something went wrong on our side.", code="internal_error", hint="Tell us the request_id."
            )
            return _refused(fault, actor)

    async def _answer(self, name: str, arguments: Mapping[str, Any], actor: Actor) -> Outcome:
        tool = next((tool for tool in self.tools if tool.name == name), None)
        if tool is None:
            raise NotFound(f"There is no tool {name[:64]!r}.", code="tool_not_found", hint="tools/list names them.")
        action, around = read_action(tool, arguments)
        action.admit(actor)
        if action.effect is Effect.ENDS and not around.confirm:
            raise Invalid.field(
                "/confirm",
                f"{action.action_name()} cannot be taken back: it needs confirm: true.",
                code="confirmation_required",
                hint="Ask the person you act for, then call again with confirm: true.",
            )
        call = Call(self.container, actor, around)
        if around.idempotency_key is None:
            return _shown(action, await action.run(call))
        return await self._once(tool, action, call)

    async def _once(self, tool: Tool, action: Action, call: Call) -> Outcome:
        """Do it unless it was done with this key before; then repeat what was answered."""

        async def do() -> Json:
            return _shown(action, await action.run(call)).content

        wish = f"MCP {tool.name}\n".encode() + msgspec.json.encode([action, call.around], order="sorted")
        content = await once(call, wish, do, told_once=action.told_once)
        return Outcome(content, brief(content))


def read_action(tool: Tool, arguments: Mapping[str, Any]) -> tuple[Action, Around]:
    """Read what a tool is asked for; ``Invalid`` names every choice, ``Malformed`` is what no JSON is made of."""
    wanted = arguments.get("action")
    kind = tool.find(wanted)
    if kind is None:
        choices = ", ".join(action.action_name() for action in tool.actions)
        said = "The field action is required." if wanted is None else f"There is no action {str(wanted)[:64]!r}."
        raise Invalid.field("/action", said, code="action_unknown", hint=f"One of: {choices}.")
    around = {name: value for name, value in arguments.items() if name in kind.extras()}
    own = {name: value for name, value in arguments.items() if name not in kind.extras()}
    try:
        written, beside = msgspec.json.encode(own), msgspec.json.encode(around)
    except (ValueError, OverflowError, RecursionError, TypeError):
        # No JSON that a number of 64 bits or a text of Unicode can hold.
        raise Malformed("The arguments cannot be read.", code="malformed_json") from None
    try:
        return decode(written, kind), decode(beside, Around)
    except Invalid as wrong:
        raise _with_choices(wrong, kind) from None


def _with_choices(wrong: Invalid, kind: type[Action]) -> Invalid:
    """Add what may be chosen, or which fields there are, to what is wrong."""
    fields: Json = {name: each for name, each in action_schema(kind)["properties"].items() if name != "action"}
    pointer = wrong.fields[0].pointer if wrong.fields else ""
    if pointer.strip("/") not in fields:
        hint = f"{kind.action_name()} takes: {', '.join(fields) or 'no field but action'}."
    else:
        choices = _choices(fields[pointer.strip("/")])
        hint = f"One of: {', '.join(choices)}." if choices and _WRONG_CHOICE in wrong.message else wrong.hint or ""
    return Invalid(wrong.message, code=wrong.code, fields=wrong.fields, hint=hint or None)


def _choices(schema: Json) -> list[str]:
    return [str(each) for option in (schema, *schema.get("anyOf", ())) for each in option.get("enum", ())]


def _shown(action: Action, result: Any) -> Outcome:
    attachments: tuple[Attachment, ...] = ()
    if isinstance(result, Attached):
        result, attachments = result.answer, (result.attachment,)
    content = {"action": action.action_name(), "result": msgspec.to_builtins(result)}
    return Outcome(content, brief(content), attachments=attachments)


def _refused(error: ScaiControlError, actor: Actor) -> Outcome:
    told = refusal(error, actor.request_id)
    return Outcome({"error": msgspec.to_builtins(told)}, brief({"error": msgspec.to_builtins(told)}), failed=True)
