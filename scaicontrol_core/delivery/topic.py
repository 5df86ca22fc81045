"""Topic: the name of a kind of event, its version, and the shape of what it tells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from scaicontrol_core.delivery.json_schema import schema_of
from scaicontrol_core.kernel.events import to_json

if TYPE_CHECKING:
    from scaicontrol_core.delivery.payloads.payload import Payload

_NAME = re.compile(r"([a-z][a-z_]*)\.([a-z][a-z_]*)\.v([1-9][0-9]*)")


@frozen(kw_only=True)
class Topic:
    """A public kind of event. ``example`` is a payload as receivers get it; its class says which fields there are.

    A shape that old receivers could not read gets the next version beside this one.
    """

    name: str = field()
    aggregate: str
    description: str
    example: Payload
    is_private: bool = False
    """Told to the one subscription that it is about; nobody can subscribe to it, and the feed leaves it out."""

    @name.validator
    def _check_name(self, _: object, value: str) -> None:
        if not _NAME.fullmatch(value):
            raise ValueError(f"{value!r} is not noun.event.v1")

    @property
    def version(self) -> int:
        """The version of the payload's shape."""
        return int(self.name.rpartition(".v")[2])

    @property
    def payload(self) -> type[Payload]:
        """The class of the payload."""
        return type(self.example)

    def example_payload(self) -> dict[str, Any]:
        """Return the example as JSON."""
        shown: dict[str, Any] = to_json(self.example)
        return shown

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema (2020-12) of ``data``."""
        return {"title": self.name, "description": self.description, **schema_of(self.payload)}
