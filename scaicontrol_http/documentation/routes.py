"""Routes of the documentation, at the root of the server: ``/``, ``/docs`` and the files it is made of."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from litestar import Response, get
from litestar.params import FromPath
from litestar.response import Redirect

from scaicontrol_core.kernel.errors import NotFound

_OWN = Path(__file__).parent
_PUBLIC = {"public": True}
#: What may be fetched, and as what. Swagger UI 5 is the first that shows OpenAPI 3.1.
_ASSETS = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
    "start.js": "text/javascript",
}
_DAY = "public, max-age=86400"
#: Nothing from elsewhere, and no script within the page; Swagger UI styles its parts inline.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@get("/", opt=_PUBLIC, include_in_schema=False, sync_to_thread=False)
def home() -> Redirect:
    """Lead to the documentation."""
    return Redirect("/docs", status_code=307)


@get("/docs", opt=_PUBLIC, include_in_schema=False, sync_to_thread=False)
def show_docs() -> Response[bytes]:
    """Show the page."""
    return Response(
        _asset("page.html"), media_type="text/html; charset=utf-8", headers={"Content-Security-Policy": _POLICY}
    )


@get("/docs/assets/{name:str}", opt=_PUBLIC, include_in_schema=False, sync_to_thread=False)
def get_asset(name: FromPath[str]) -> Response[bytes]:
    """Return a file of the page; ``NotFound`` for any other name."""
    if name not in _ASSETS:
        raise NotFound.of("file", name)
    return Response(_asset(name), media_type=_ASSETS[name], headers={"Cache-Control": _DAY})


@lru_cache(maxsize=8)
def _asset(name: str) -> bytes:
    own = _OWN / name
    return (own if own.is_file() else _swagger_folder() / name).read_bytes()


def _swagger_folder() -> Path:
    """Return where the package ``swagger-ui-py`` keeps Swagger UI's files; it is never imported."""
    found = find_spec("swagger_ui")
    if found is None or found.origin is None:
        raise FileNotFoundError("swagger-ui-py is not installed")
    return Path(found.origin).parent / "static"


ROUTES = (home, show_docs, get_asset)
