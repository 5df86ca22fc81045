"""Which programs decide about a document's bytes, told without importing them."""

from __future__ import annotations

import ctypes
import platform
from functools import lru_cache
from importlib.metadata import version

_PACKAGES = ("weasyprint", "pydyf", "fonttools", "jinja2", "babel")
#: Library → its C function that returns a version string. Without HarfBuzz's subset library
#: WeasyPrint falls back to fontTools: other bytes, and five times slower.
_LIBRARIES = {
    "libpango-1.0.so.0": "pango_version_string",
    "libharfbuzz.so.0": "hb_version_string",
    "libharfbuzz-subset.so.0": None,
}


@lru_cache(maxsize=1)
def renderer_version() -> str:
    """Return one line, e.g. ``python/3.11.7 weasyprint/70.0 … libpango-1.0.so.0/1.50.12``."""
    packages = [f"{name}/{version(name)}" for name in _PACKAGES]
    libraries = [f"{name}/{_library_version(name, function)}" for name, function in _LIBRARIES.items()]
    return " ".join([f"python/{platform.python_version()}", *packages, *libraries])


def _library_version(name: str, function: str | None) -> str:
    try:
        library = ctypes.CDLL(name)
    except OSError:
        return "absent"
    if function is None:
        return "present"
    ask = library[function]
    ask.restype = ctypes.c_char_p
    answer: bytes = ask()
    return answer.decode()
