"""Settings about the directory of users, and about what is given to users here."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_adapters import setting_values as reading
from scaicontrol_adapters.secret_settings import SecretSettings
from scaicontrol_adapters.setting_fields import setting

_DIRECTORY_PATH = "/api/v1/directory"
_TOKEN_PATH = "/oauth/token"  # noqa: S105  # an address


@frozen(kw_only=True)
class DirectorySettings(SecretSettings):
    """The part of ``Settings`` that is about users."""

    directory_client_id: str = setting(
        "", "Our client id at ScaiKey, to read its directory of users with. Empty: no directory is read."
    )
    directory_client_secret: str = setting("", "Secret that belongs to the client id.", secret=True)
    directory_url: str = setting(
        "", f"Address of the directory. Empty: `{_DIRECTORY_PATH}` at the address of ScaiKey.", reading.address
    )
    directory_token_url: str = setting(
        "", f"Where tokens for it are got. Empty: `{_TOKEN_PATH}` at the address of ScaiKey.", reading.address
    )
    directory_scope: str = setting("directory:read", "Scope that those tokens are asked for with.")
    directory_page_size: int = setting(
        500, "Items of the directory that are asked for at once.", reading.number(1, 1000)
    )
    standing_max_age_seconds: int = setting(
        15,
        "Most seconds by which roles given here, and deactivations, may be behind in other processes than the one where"
        " they were changed; `0`: the database is asked at every request.",
        reading.number(0, 300),
    )

    @property
    def has_directory(self) -> bool:
        """Tell whether a directory is read."""
        return bool(self.directory_client_id)

    def directory_addresses(self, scaikey_url: str) -> dict[str, str]:
        """Return where the directory is and where its tokens are got, for those who did not say it."""
        return {
            "directory_url": self.directory_url or (scaikey_url and scaikey_url + _DIRECTORY_PATH),
            "directory_token_url": self.directory_token_url or (scaikey_url and scaikey_url + _TOKEN_PATH),
        }
