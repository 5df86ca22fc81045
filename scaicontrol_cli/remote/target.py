"""Which server a command speaks to, and with which token: by option, or by the settings.

A token is never shown, and never sent over a line that others can read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer
from attrs import evolve, field, frozen

from scaicontrol_core.kernel.errors import Invalid, Malformed, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from scaicontrol_adapters.settings import Settings

#: Empty, not None, if they were not typed: to find out that nothing means None, Typer loads pydantic (0.1 s).
Url = Annotated[
    str, typer.Option("--url", metavar="ADDRESS", help="Speak to the server at this address, not the database.")
]
Token = Annotated[str, typer.Option("--token", help="Bearer token for it; others may see it: rather a file.")]
TokenFile = Annotated[
    str, typer.Option("--token-file", metavar="FILE", help="File that holds the token; - is standard input.")
]
_API = "/api/v1"
_STDIN = "-"
_MOST = 16 * 1024
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


@frozen
class Options:
    """What was typed."""

    url: str = ""
    token: str = field(default="", repr=False)
    token_file: str = ""

    def over(self, earlier: Options) -> Options:
        """Return these, filled up with those that stood further left."""
        joined = evolve(earlier, url=self.url or earlier.url)
        if self.token or self.token_file:
            joined = evolve(joined, token=self.token, token_file=self.token_file)
        return joined


@frozen
class Target:
    """A server's API, and the token that speaks for whoever types."""

    api: str
    token: str = field(repr=False)


class LocalOnly(Refused):
    """The command works on this machine's own database, files or workers."""

    code = "local_only"


_typed: list[Options] = [Options()]


def begin(options: Options) -> None:
    """Start anew with what stands before the first command."""
    _typed[0] = options


def add(options: Options) -> None:
    """Take what stands further right as well."""
    _typed[0] = options.over(_typed[0])


def typed() -> Options:
    """Return what was typed so far."""
    return _typed[0]


def target(read_settings: Callable[[], Settings]) -> Target | None:
    """Return the server to speak to; None: the database of the settings.

    Raises ``Invalid``: ``remote_url_invalid``, ``remote_token_missing``, ``remote_line_open``.
    """
    options = typed()
    own = None if options.url and (options.token or options.token_file) else read_settings()
    url = options.url or (own.remote_url if own else "")
    if not url:
        if options.token or options.token_file:
            raise Invalid.field("/url", "A token is for a server: name it with --url.", code="remote_url_missing")
        return None
    return Target(_api(url), _token(options, own))


def local_only(reason: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Mark a command that can't work on a server elsewhere, and why; it says so before it does anything."""

    def marked(command: Callable[..., None]) -> Callable[..., None]:
        from functools import wraps

        @wraps(command)
        def run(*given: object, **named: object) -> None:
            from scaicontrol_cli.context import settings

            if target(settings) is not None:
                raise LocalOnly(f"This works on the installation's own machine only: {reason}")
            command(*given, **named)

        run.local_only = reason  # type: ignore[attr-defined]  # read by the reference and by tests
        return run

    return marked


def _api(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise Invalid.field("/url", "This is not the address of a server.", code="remote_url_invalid")
    if parts.scheme == "http" and parts.hostname not in _HERE:
        raise Invalid.field(
            "/url", "The token would travel open to others.", code="remote_line_open", hint="Use https://."
        )
    bare = url.rstrip("/")
    return bare if bare.endswith(_API) else bare + _API


def _token(options: Options, own: Settings | None) -> str:
    if options.token and options.token_file:
        raise Invalid.field("/token", "Give --token or --token-file, not both.", code="remote_token_twice")
    file = options.token_file
    if own is not None and not options.token and not file:
        if own.remote_token:
            return _checked(own.remote_token)
        file = own.remote_token_file
    found = options.token or (_read(file) if file else "")
    if not found:
        raise Invalid.field(
            "/token",
            "A server asks for a token.",
            code="remote_token_missing",
            hint="Give --token-file, or set SCAICONTROL_REMOTE_TOKEN_FILE.",
        )
    return _checked(found)


def _read(path: str) -> str:
    import sys
    from pathlib import Path

    try:
        if path == _STDIN:
            return sys.stdin.readline(_MOST).strip()
        with Path(path).open(encoding="ascii") as file:
            return file.read(_MOST).strip()
    except UnicodeDecodeError:
        raise Malformed(f"{path} does not hold a token.", code="remote_token_malformed") from None
    except OSError as error:
        raise Malformed(f"{path}: {error.strerror or error}.", code="file_unreadable") from None


def _checked(token: str) -> str:
    """Refuse what no header may hold; it is not repeated, for it may be another secret."""
    if not token.isascii() or not token.isprintable() or " " in token:
        raise Malformed("This is not a token.", code="remote_token_malformed")
    return token
