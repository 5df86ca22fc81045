"""Bodies and answers of access."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from scaicontrol_adapters.scaikey.tokens import Caller
from scaicontrol_core.access import Role
from scaicontrol_http.requests import Answer


class AuthConfigAnswer(Answer):
    """Where tokens come from. ``token_endpoint`` is only there for the development issuer."""

    issuer: str | None
    jwks_uri: str | None
    audience: str | None
    dev_issuer: bool
    token_endpoint: str | None


class ScopeAnswer(Answer):
    """Which rows the caller reaches: ``kind`` is platform, partner, tenant or service."""

    kind: str
    partner_id: str | None
    tenant_id: str | None
    app_id: str | None


class MeAnswer(Answer):
    """Who the caller is, and what they may do.

    ``permissions`` is the merged set: those of the token, of its roles, and of its groups' roles,
    within what the scope allows. ``refreshed`` tells whether the issuer was asked for it; if not,
    it is what the token said when it was made. ``expires_at`` is the end of the token.
    """

    subject: str
    kind: str
    scope: ScopeAnswer
    roles: list[str]
    groups: list[str]
    permissions: list[str]
    refreshed: bool
    expires_at: datetime

    @classmethod
    def of(cls, caller: Caller) -> MeAnswer:
        """Show a caller."""
        actor = caller.actor
        scope = actor.scope
        return cls(
            subject=actor.subject,
            kind=actor.kind.value,
            scope=ScopeAnswer(
                kind=scope.kind.value, partner_id=scope.partner_id, tenant_id=scope.tenant_id, app_id=scope.app_id
            ),
            roles=sorted(actor.roles),
            groups=sorted(actor.groups),
            permissions=sorted(permission.value for permission in actor.permissions),
            refreshed=caller.refreshed,
            expires_at=caller.expires_at,
        )


class TokenForm(Struct, kw_only=True):
    """What a token is asked for with: ``ttl`` in seconds."""

    grant_type: Literal["client_credentials"] = "client_credentials"
    role: Role = Role.SUPER_ADMIN
    tenant_id: str | None = None
    partner_id: str | None = None
    ttl: Annotated[int, Meta(ge=1)] = 8 * 3600


class TokenAnswer(Answer):
    """A token, as RFC 6749 answers it."""

    access_token: str
    token_type: str
    expires_in: int
