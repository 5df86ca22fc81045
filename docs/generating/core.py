"""Every module of the core, imported; and what they define."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from types import ModuleType

import scaicontrol_core

#: Ports in memory for tests and embedders: no part of the business.
_ASIDE = "scaicontrol_core.testing"


@cache
def core_modules() -> tuple[ModuleType, ...]:
    """Return the modules of the core by name, without its test kit."""
    found = pkgutil.walk_packages(scaicontrol_core.__path__, f"{scaicontrol_core.__name__}.")
    return tuple(import_module(each.name) for each in found if not each.name.startswith(_ASIDE))


def path_of(module_name: str) -> str:
    """Return the file of a module, from the repository's root."""
    return f"{module_name.replace('.', '/')}.py"


def feature_of(module_name: str) -> str:
    """Return the feature that a module of a package belongs to."""
    return module_name.split(".")[1]


def subclasses(kind: type) -> Iterator[type]:
    """Go through all of our classes below one, in the order of their modules and lines; a test's own are not ours."""
    core_modules()
    below: list[type] = [each for each in kind.__subclasses__() if each.__module__.startswith("scaicontrol_")]
    for each in below:
        # attrs replaces a class by a slotted twin; the first is still listed until it is collected.
        if getattr(_home(each), each.__name__, None) is each:
            yield each
            yield from subclasses(each)


def _home(kind: type) -> ModuleType:
    return import_module(kind.__module__)
