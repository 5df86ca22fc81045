"""Secrets over version 2 of the KV contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define

from scaicontrol_core.kernel.secrets import (
    MOST_LISTED,
    Secret,
    SecretNotFound,
    SecretsDamaged,
    SecretsDenied,
    SecretStale,
    SecretsUnavailable,
    require_secret_folder,
    require_secret_path,
    require_secret_value,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaicontrol_adapters.scaivault.line import Answered, VaultLine
    from scaicontrol_adapters.scaivault.tokens import LivingToken

#: The field of a secret that is its value: KV keeps several under each path, we one.
FIELD = "value"
_OK, _NOTHING, _WRONG, _MISSING = 200, 204, 400, 404
_DENIED = frozenset({401, 403})
_CAS_REQUIRED = "check-and-set parameter required"
_CAS_DIFFERS = "did not match the current version"


@define
class VaultSecrets:
    """A ``Secrets`` on a server, at the mount of a KV engine. Nothing is remembered here. Close it."""

    line: VaultLine
    token: LivingToken
    mount: str = "secret"

    async def get(self, path: str, version: int | None = None) -> Secret:
        """Return a version; see the port."""
        place = f"{self.mount}/data/{require_secret_path(path)}"
        answer = await self._ask("GET", place, version=version)
        if answer.status == _MISSING:
            # Also a version that was deleted or destroyed: its bare metadata come with it.
            raise SecretNotFound.at(path, version)
        told = _told(answer)
        content, number = told.get("data"), (told.get("metadata") or {}).get("version")
        if not isinstance(content, dict) or not isinstance(number, int):
            raise _nonsense(answer)
        value = content.get(FIELD)
        if not isinstance(value, str) or not value:
            raise SecretsDamaged(
                f"The secret {path!r} has no text in its field {FIELD!r}.",
                hint=f"Keep the value in the field {FIELD!r}.",
            )
        return Secret(path, value, number)

    async def refresh(self, path: str) -> Secret:
        """Return the newest version; nothing is remembered here."""
        return await self.get(path)

    async def put(self, path: str, value: str, *, cas: int | None = None) -> int:
        """Keep a new version; see the port."""
        place = f"{self.mount}/data/{require_secret_path(path)}"
        require_secret_value(value)
        answer = await self._write(place, value, cas)
        if answer.status == _WRONG and cas is None and _CAS_REQUIRED in answer.errors:
            # An engine may insist on it; whoever gives none takes whatever is the newest.
            cas = await self._newest(path)
            answer = await self._write(place, value, cas)
        if answer.status == _WRONG and cas is not None and _CAS_DIFFERS in answer.errors:
            raise SecretStale.at(path, cas)
        number = _told(answer).get("version")
        if not isinstance(number, int):
            raise _nonsense(answer)
        return number

    async def delete(self, path: str) -> None:
        """Delete a secret with all its versions and what is known about it."""
        answer = await self._ask("DELETE", f"{self.mount}/metadata/{require_secret_path(path)}")
        if answer.status not in {_OK, _NOTHING, _MISSING}:
            raise _nonsense(answer)

    async def list(self, prefix: str = "") -> Sequence[str]:
        """Return the paths below a folder, sorted; the server is asked for each folder."""
        folder = require_secret_folder(prefix)
        folders, found = [f"{folder}/" if folder else ""], list[str]()
        while folders:
            inside = folders.pop()
            for name in await self._names(inside):
                (folders if name.endswith("/") else found).append(inside + name)
            if len(found) + len(folders) > MOST_LISTED:
                raise SecretsUnavailable(f"There are more than {MOST_LISTED} secrets: name a smaller folder.")
        return sorted(found)

    async def ping(self) -> None:
        """Ask whether our token is taken; raises what is wrong. For probes alone."""
        answer = await self._ask("GET", "auth/token/lookup-self")
        if answer.status != _OK:
            raise _nonsense(answer)

    async def close(self) -> None:
        """Close the connections."""
        await self.token.close()
        await self.line.close()

    async def _names(self, folder: str) -> Sequence[str]:
        answer = await self._ask("LIST", f"{self.mount}/metadata/{folder}")
        if answer.status == _MISSING:
            return []
        names = _told(answer).get("keys")
        if not isinstance(names, list) or not all(isinstance(name, str) and name.strip("/") for name in names):
            raise _nonsense(answer)
        return names

    async def _newest(self, path: str) -> int:
        answer = await self._ask("GET", f"{self.mount}/metadata/{path}")
        number = 0 if answer.status == _MISSING else _told(answer).get("current_version")
        if not isinstance(number, int):
            raise _nonsense(answer)
        return number

    async def _write(self, place: str, value: str, cas: int | None) -> Answered:
        body: dict[str, Any] = {"data": {FIELD: value}} | ({} if cas is None else {"options": {"cas": cas}})
        return await self._ask("POST", place, body=body)

    async def _ask(self, method: str, path: str, *, body: Any = None, version: int | None = None) -> Answered:
        """Ask with our token; with another one if there is one, once it is refused."""
        token = await self.token.get()
        answer = await self.line.ask(method, path, token=token, body=body, version=version)
        if answer.status in _DENIED and (other := await self.token.instead_of(token)) is not None:
            answer = await self.line.ask(method, path, token=other, body=body, version=version)
        if answer.status in _DENIED:
            raise SecretsDenied(
                "The secret store does not let us do that.",
                hint=f"Give the policy of our token the right to {method} {path}, or correct the token.",
            )
        return answer


def _told(answer: Answered) -> dict[str, Any]:
    told = answer.body.get("data")
    if answer.status != _OK or not isinstance(told, dict):
        raise _nonsense(answer)
    return told


def _nonsense(answer: Answered) -> SecretsUnavailable:
    # Not its text: a server that repeats what it was sent would repeat a value.
    return SecretsUnavailable(
        f"The secret store answers with something else than expected: {answer.status}.",
        hint="Check SCAICONTROL_SCAIVAULT_URL and _MOUNT: version 2 of the KV engine must be there.",
    )
