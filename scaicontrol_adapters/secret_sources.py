"""Where a secret comes from when it is used: from a setting, or from the store of secrets by its path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from attrs import field, fields_dict, frozen

from scaicontrol_adapters import setting_values as reading
from scaicontrol_adapters.setting_fields import PREFIX, VAULT_PATH
from scaicontrol_core.kernel.secrets import SecretNotFound, SecretsUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from scaicontrol_adapters.settings import Settings
    from scaicontrol_core.kernel.secrets import Secret, Secrets


class SecretSource(Protocol):
    """One secret, asked for each time it is needed."""

    async def get(self) -> str:
        """Return its value; raises ``SecretsUnavailable``."""
        ...

    async def instead_of(self, refused: str) -> str | None:
        """Return another value than the one that was refused, None if there is none; raises ``SecretsUnavailable``.

        For one more attempt of whoever was turned away with what ``get`` gave: it may have been rotated.
        """
        ...


@frozen
class PlainSecret:
    """A secret that stands in the settings, or nowhere (``""``)."""

    value: str = field(default="", repr=False)

    async def get(self) -> str:
        """Return it."""
        return self.value

    async def instead_of(self, refused: str) -> str | None:
        """There is none."""
        return None


@frozen
class StoredSecret:
    """A secret in the store, under the path that a setting names."""

    secrets: Secrets = field(repr=False)
    path: str
    setting: str
    read: Callable[[str], str] = field(default=reading.text, repr=False)
    """Takes the text as the setting would; ``ValueError`` says what it is instead."""

    async def get(self) -> str:
        """Return the newest value, as old as the store may let it be."""
        try:
            return self._read(await self.secrets.get(self.path))
        except SecretNotFound:
            raise self._missing() from None

    async def instead_of(self, refused: str) -> str | None:
        """Ask the store anew."""
        try:
            newest = self._read(await self.secrets.refresh(self.path))
        except SecretNotFound:
            raise self._missing() from None
        return newest if newest != refused else None

    def _read(self, secret: Secret) -> str:
        try:
            return self.read(_one_line(secret.value.strip()))
        except ValueError as wrong:
            raise SecretsUnavailable(
                f"{self.setting} names the path {self.path!r}, and what is kept there is {wrong}.",
                code="secret_unusable",
                hint=f"Run: scaicontrol admin secrets set {self.path}",
            ) from None

    def _missing(self) -> SecretsUnavailable:
        return SecretsUnavailable(
            f"{self.setting} names the path {self.path!r}, and no secret is kept there.",
            code="secret_not_kept",
            hint=f"Run: scaicontrol admin secrets set {self.path}",
        )


def _one_line(value: str) -> str:
    """Return the value: it may become a header, or part of an address."""
    if not value or not value.isprintable():
        raise ValueError("not one line of text")
    return value


def as_source(given: str | SecretSource | None) -> SecretSource:
    """Return a source; a plain text is its own."""
    return PlainSecret(given or "") if given is None or isinstance(given, str) else given


def source_of(settings: Settings, secrets: Secrets, name: str) -> SecretSource:
    """Return the source of a secret setting: its value, or what lies under the path of its twin."""
    path = getattr(settings, name + VAULT_PATH)
    if not path:
        return PlainSecret(getattr(settings, name))
    read: Callable[[str], str] = fields_dict(type(settings))[name].metadata["parse"]
    return StoredSecret(secrets, path, f"{PREFIX}{name}{VAULT_PATH}".upper(), read)
