"""An issuer of one's own for development: its key, its public documents, its tokens.

It gives a token to anyone who asks, so it works in development only; production settings that
switch it on are refused at start, and so is every call here.
"""

from __future__ import annotations

import json
import os
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen
from joserfc import jwt
from joserfc.jwk import RSAKey

from scaicontrol_core.access.ceiling import PERMISSION_CEILING
from scaicontrol_core.access.role import ROLE_PERMISSIONS, Role
from scaicontrol_core.kernel.errors import FieldError, Forbidden, Invalid
from scaicontrol_core.kernel.scope import ScopeKind

if TYPE_CHECKING:
    from datetime import datetime

    from scaicontrol_adapters.settings import Settings

#: Where this server answers as an issuer.
PATH = "/api/v1/dev"
_KEY_BITS = 2048
_KEY_FILE = "dev-issuer-key.json"
MAX_TTL_SECONDS = 30 * 24 * 3600


@frozen
class DevelopmentIssuer:
    """Issues tokens in the name of this server's public address; the key is made at the first use."""

    issuer: str
    audience: str
    key_file: Path

    @classmethod
    def from_settings(cls, settings: Settings) -> DevelopmentIssuer:
        """Return the issuer of an installation; ``Forbidden`` (``dev_issuer_off``) where it is off."""
        if settings.is_production or not settings.dev_issuer:
            raise Forbidden(
                "The development issuer is off.",
                code="dev_issuer_off",
                hint="Get a token from ScaiKey; or, in development, set SCAICONTROL_DEV_ISSUER=true.",
            )
        return cls(settings.public_url + PATH, settings.jwt_audience, settings.data_dir / _KEY_FILE)

    @property
    def key(self) -> RSAKey:
        """The private key; only its public half ever leaves this process."""
        return _key_of(self.key_file.absolute())

    def jwks(self) -> dict[str, Any]:
        """Return the public key as a JWKS."""
        public = self.key.as_dict(private=False)
        return {"keys": [{**public, "kid": self.key.thumbprint(), "use": "sig", "alg": "RS256"}]}

    def discovery(self) -> dict[str, Any]:
        """Return the document that OpenID Connect keeps at ``/.well-known/openid-configuration``."""
        return {
            "issuer": self.issuer,
            "jwks_uri": f"{self.issuer}/.well-known/jwks.json",
            "token_endpoint": f"{self.issuer}/oauth/token",
            "grant_types_supported": ["client_credentials"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["token"],
            "subject_types_supported": ["public"],
        }

    def token(
        self, role: Role, now: datetime, ttl: int, *, tenant_id: str | None = None, partner_id: str | None = None
    ) -> str:
        """Return a token of the role, good for ``ttl`` seconds.

        Raises ``Invalid``: a ``tenant_admin`` needs a tenant, a ``partner_admin`` a partner, and
        no token outlives thirty days.
        """
        _check(role, ttl, tenant_id, partner_id)
        claims: dict[str, Any] = {
            "sub": f"dev:{role.value}",
            "roles": [role.value],
            "permissions": sorted(permission.value for permission in ROLE_PERMISSIONS[role]),
        }
        if role is not Role.SUPER_ADMIN:
            claims |= {"partner_id": partner_id} if partner_id else {}
        if role is Role.TENANT_ADMIN:
            claims |= {"tenant_id": tenant_id}
        return self._signed(claims, now, ttl)

    def service_token(self, app_id: str, now: datetime, ttl: int) -> str:
        """Return a service's own token, good for ``ttl`` seconds; ``Invalid`` if none lives that long."""
        _check_ttl(ttl)
        permissions = sorted(permission.value for permission in PERMISSION_CEILING[ScopeKind.SERVICE])
        own = {"sub": f"dev:{app_id}", "token_type": "service", "app_id": app_id, "permissions": permissions}
        return self._signed(own, now, ttl)

    def _signed(self, own: dict[str, Any], now: datetime, ttl: int) -> str:
        issued = int(now.timestamp())
        claims = {"iss": self.issuer, "iat": issued, "nbf": issued, "exp": issued + ttl, **own}
        claims |= {"aud": self.audience} if self.audience else {}
        return jwt.encode({"alg": "RS256", "kid": self.key.thumbprint()}, claims, self.key)


def issue_dev_token(
    settings: Settings,
    role: Role,
    tenant_id: str | None = None,
    partner_id: str | None = None,
    ttl: int = 24 * 3600,
) -> str:
    """Return a bearer token for the API; see ``DevelopmentIssuer``. Raises ``Forbidden`` where it is off."""
    from scaicontrol_adapters.system import SystemClock  # noqa: PLC0415  # the machine's time, whatever the business's

    issuer = DevelopmentIssuer.from_settings(settings)
    return issuer.token(role, SystemClock().now(), ttl, tenant_id=tenant_id, partner_id=partner_id)


def issue_service_token(settings: Settings, app_id: str, ttl: int = 24 * 3600) -> str:
    """Return a service's bearer token for the API; see ``DevelopmentIssuer``. Raises ``Forbidden`` where it is off."""
    from scaicontrol_adapters.system import SystemClock  # noqa: PLC0415  # the machine's time, whatever the business's

    return DevelopmentIssuer.from_settings(settings).service_token(app_id, SystemClock().now(), ttl)


def _check_ttl(ttl: int) -> None:
    if not 0 < ttl <= MAX_TTL_SECONDS:
        raise Invalid.field("/ttl", f"A token lives between 1 and {MAX_TTL_SECONDS} seconds.", code="dev_token_invalid")


def _check(role: Role, ttl: int, tenant_id: str | None, partner_id: str | None) -> None:
    wrong = []
    if role is Role.TENANT_ADMIN and not tenant_id:
        wrong.append(FieldError("/tenant_id", "A tenant_admin acts for a tenant: name it."))
    if role is Role.PARTNER_ADMIN and not partner_id:
        wrong.append(FieldError("/partner_id", "A partner_admin acts for a partner: name it."))
    if not 0 < ttl <= MAX_TTL_SECONDS:
        wrong.append(FieldError("/ttl", f"A token lives between 1 and {MAX_TTL_SECONDS} seconds."))
    if wrong:
        raise Invalid(" ".join(each.message for each in wrong), code="dev_token_invalid", fields=wrong)


@lru_cache(maxsize=4)
def _key_of(path: Path) -> RSAKey:
    if not path.exists():
        _make_key(path)
    return RSAKey.import_key(json.loads(path.read_text(encoding="utf-8")))


def _make_key(path: Path) -> None:
    """Write a new key that only its owner may read; if another process was faster, its key stands."""
    path.parent.mkdir(parents=True, exist_ok=True)
    key = RSAKey.generate_key(_KEY_BITS)
    descriptor, name = tempfile.mkstemp(prefix=".dev-issuer-", dir=path.parent)  # made with mode 0600
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(key.as_dict(private=True), file)
        try:
            path.hardlink_to(temporary)
        except FileExistsError:
            return
        except OSError:  # a file system without hard links
            temporary.rename(path)
    finally:
        temporary.unlink(missing_ok=True)
