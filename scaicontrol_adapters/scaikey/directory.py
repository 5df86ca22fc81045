"""ScaiKey's directory over HTTP: pages of users, groups and memberships.

The contract is ours, until ScaiKey publishes one: see ``docs/features/identity.md``.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define, fields, frozen

from scaicontrol_adapters.scaikey.directory_tokens import DirectoryTokens
from scaicontrol_adapters.scaikey.patient import PATIENCE, Answer, Asked, Patience, PatientClient
from scaicontrol_adapters.secret_sources import source_of
from scaicontrol_core.identity.errors import DirectoryCursorLost, DirectoryIncoherent, DirectoryRefuses
from scaicontrol_core.identity.snapshot import (
    MAX_EXTERNAL_ID,
    DirectoryGroup,
    DirectoryMembership,
    DirectoryPage,
    DirectoryUser,
    Unreadable,
)
from scaicontrol_core.kernel.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaicontrol_adapters.settings import Settings
    from scaicontrol_core.kernel.secrets import Secrets

V = TypeVar("V")
#: Longest cursor that is kept.
MAX_CURSOR = 1024
_OK, _UNAUTHORIZED, _FORBIDDEN, _GONE = 200, 401, 403, 410
_MOST_ITEMS = 10**9
_LISTS = frozenset({"roles"})


@frozen
class _Form:
    """How items of a listing are read."""

    path: str
    kind: type[Any]
    id: str = "id"


_USERS = _Form("users", DirectoryUser)
_GROUPS = _Form("groups", DirectoryGroup)
_MEMBERSHIPS = _Form("memberships", DirectoryMembership, id="user_id")


@define
class HttpDirectory:
    """The directory at an address (port ``Directory``). Close it when done."""

    url: str
    tokens: DirectoryTokens
    client: PatientClient
    page_size: int = 500

    async def users(self, cursor: str | None) -> DirectoryPage[DirectoryUser]:
        """Return the users behind a cursor."""
        return await self._page(_USERS, cursor)

    async def groups(self, cursor: str | None) -> DirectoryPage[DirectoryGroup]:
        """Return the groups behind a cursor."""
        return await self._page(_GROUPS, cursor)

    async def memberships(self, cursor: str | None) -> DirectoryPage[DirectoryMembership]:
        """Return the memberships behind a cursor."""
        return await self._page(_MEMBERSHIPS, cursor)

    async def close(self) -> None:
        """Close the connections."""
        await self.client.close()

    async def _page(self, form: _Form, cursor: str | None) -> DirectoryPage[Any]:
        try:
            async with asyncio.timeout(self.client.patience.whole_seconds):
                answer = await self._asked(form, cursor)
        except TimeoutError:
            raise self.client.away("it takes too long") from None
        if answer.status == _GONE and cursor is not None:
            raise DirectoryCursorLost("The directory does not know the cursor any more.")
        if answer.status in {_UNAUTHORIZED, _FORBIDDEN}:
            raise DirectoryRefuses(
                f"The directory refuses us (HTTP {answer.status}).", hint="Check the rights of our client at ScaiKey."
            )
        if answer.status != _OK:
            raise DirectoryIncoherent(f"The directory answers HTTP {answer.status}.")
        return _read(answer.json(), form)

    async def _asked(self, form: _Form, cursor: str | None) -> Answer:
        query = {"limit": str(self.page_size)} | ({} if cursor is None else {"cursor": cursor})
        token = await self.tokens.get()
        for last in (False, True):
            headers = {"Authorization": f"Bearer {token}"}
            answer = await self.client.ask(Asked("GET", f"{self.url}/{form.path}", query=query, headers=headers))
            if answer.status != _UNAUTHORIZED or last:
                return answer
            token = await self.tokens.instead_of(token)
        raise AssertionError  # the last time returned


def directory_of(settings: Settings, secrets: Secrets, patience: Patience = PATIENCE) -> HttpDirectory:
    """Return the directory of an installation that has one."""
    client = PatientClient(patience)
    secret = source_of(settings, secrets, "directory_client_secret")
    tokens = DirectoryTokens(
        settings.directory_token_url, settings.directory_client_id, secret, client, settings.directory_scope
    )
    return HttpDirectory(settings.directory_url, tokens, client, settings.directory_page_size)


def _read(content: Any, form: _Form) -> DirectoryPage[Any]:
    """Read a page; an item that cannot be used is named, a page that cannot be used raises ``DirectoryIncoherent``."""
    if not isinstance(content, dict) or not isinstance(content.get("items"), list):
        raise DirectoryIncoherent("A page of the directory is no object with items.")
    total, cursor = content.get("total"), content.get("next_cursor")
    if isinstance(total, bool) or not isinstance(total, int) or not 0 <= total <= _MOST_ITEMS:
        raise DirectoryIncoherent("A page of the directory does not say how many there are in all.")
    if cursor is not None and (not isinstance(cursor, str) or not 0 < len(cursor) <= MAX_CURSOR):
        raise DirectoryIncoherent("A page of the directory has a cursor that cannot be used.")
    read = [_item(each, form) for each in content["items"]]
    return DirectoryPage(
        items=tuple(each for each in read if not isinstance(each, Unreadable)),
        total=total,
        next_cursor=cursor,
        unreadable=tuple(each for each in read if isinstance(each, Unreadable)),
    )


def _item(said: Any, form: _Form) -> Any:  # one of the form's kind, or Unreadable
    if not isinstance(said, dict):
        return Unreadable(id=None, reason="unreadable_item")
    named = said.get(form.id)
    known = named if isinstance(named, str) and 0 < len(named) <= MAX_EXTERNAL_ID else None
    try:
        return form.kind(**_fields(said, form.kind))
    except Invalid as wrong:
        places = ", ".join(sorted(each.pointer for each in wrong.fields))
        return Unreadable(id=known, reason=f"unreadable: {places}"[:200])


def _fields(said: Mapping[str, Any], kind: type[Any]) -> dict[str, Any]:
    """Return the fields that we know; what is absent or null is left to its default, and required ones to fail."""
    found: dict[str, Any] = {}
    for attribute in fields(kind):
        value = said.get(attribute.name)
        if value is None and attribute.name in {"id", "name", "group_id", "user_id"}:
            value = ""  # refused by the value itself, with its place
        if value is not None:
            found[attribute.name] = value
    return found
