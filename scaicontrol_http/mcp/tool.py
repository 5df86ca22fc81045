"""A tool: its actions, and what of it is shown to whom."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access import Actor
from scaicontrol_http.mcp.action import Action, Effect


@frozen
class Hints:
    """What a tool tells of itself beforehand, in the protocol's words."""

    read_only: bool
    destructive: bool
    idempotent: bool
    open_world: bool


@frozen
class Tool:
    """Some actions on one kind of thing. ``reaches_out``: some of them write to people or ask others."""

    name: str
    title: str
    about: str
    actions: tuple[type[Action], ...]
    reaches_out: bool = False

    def permitted(self, actor: Actor) -> tuple[type[Action], ...]:
        """Return the actions that make sense to offer to somebody; a tool without any is not listed."""
        return tuple(action for action in self.actions if action.permitted(actor))

    def find(self, name: object) -> type[Action] | None:
        """Return the action of that name."""
        return next((action for action in self.actions if action.action_name() == name), None)

    def hints(self, actions: tuple[type[Action], ...]) -> Hints:
        """Return what holds of the tool if only these actions are offered."""
        effects = {action.effect for action in actions}
        return Hints(
            read_only=effects <= {Effect.READS},
            destructive=Effect.ENDS in effects,
            idempotent=effects <= {Effect.READS, Effect.SETS},
            open_world=self.reaches_out,
        )
