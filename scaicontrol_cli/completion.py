"""What a shell may complete after an option: the words of an enum, which is imported only then."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def words(place: str) -> Callable[[str], list[str]]:
    """Return what completes the words of the enum at ``package.module:Name``."""

    def complete(incomplete: str) -> list[str]:
        from importlib import import_module

        module, _, name = place.partition(":")
        return [member.value for member in getattr(import_module(module), name) if member.value.startswith(incomplete)]

    return complete
