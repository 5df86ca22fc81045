"""The keys that requests to S3 are signed with: asked for anew for each, so that they may be changed any time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiobotocore.credentials import AioCredentials
from attrs import define, field, frozen
from botocore.credentials import ReadOnlyCredentials

if TYPE_CHECKING:
    from scaicontrol_adapters.secret_sources import SecretSource

#: How servers say that they do not know a key, or that it is not its secret; "403" is all that a HEAD can say.
REFUSED = frozenset({"403", "AccessDenied", "Forbidden", "InvalidAccessKeyId", "SignatureDoesNotMatch"})


@define
class Keys:
    """An access key and its secret, each from its source."""

    access_key: SecretSource
    secret_key: SecretSource
    _last: tuple[str, str] = field(default=("", ""), init=False, repr=False)

    async def pair(self) -> tuple[str, str]:
        """Return both; raises ``SecretsUnavailable``."""
        self._last = (await self.access_key.get(), await self.secret_key.get())
        return self._last

    async def were_changed(self) -> bool:
        """Tell whether there are others by now than those last used."""
        newer = (await self.access_key.instead_of(self._last[0]), await self.secret_key.instead_of(self._last[1]))
        return any(each is not None for each in newer)


class SigningKeys(AioCredentials):  # type: ignore[misc]  # aiobotocore has no type information
    """What aiobotocore asks before it signs."""

    def __init__(self, keys: Keys) -> None:
        super().__init__("-", "-", method="scaicontrol")
        self._keys = keys

    async def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """Return the keys of this moment."""
        access_key, secret_key = await self._keys.pair()
        return ReadOnlyCredentials(access_key, secret_key, None, None)


@frozen
class KeyProvider:
    """Where an aiobotocore session finds its credentials, in place of the environment and files."""

    keys: Keys

    async def load_credentials(self) -> Any:
        """Return what asks for the keys."""
        return SigningKeys(self.keys)
