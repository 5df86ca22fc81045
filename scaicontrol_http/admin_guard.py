"""What stands below ``/admin`` is for those who administer others, whatever a use case would let a customer do.

Use cases serve both sides: a customer may end its own subscription, and so may its reseller. But bodies and answers
below ``/admin`` hold what is not for customers to set or see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaicontrol_core.access.actor import ActorKind
from scaicontrol_core.kernel.errors import Forbidden
from scaicontrol_core.kernel.scope import ScopeKind
from scaicontrol_http.dependencies import actor_of

if TYPE_CHECKING:
    from litestar.connection import ASGIConnection
    from litestar.handlers import BaseRouteHandler

_ADMINISTRATORS = frozenset({ScopeKind.PLATFORM, ScopeKind.PARTNER})


async def refuse_who_does_not_administer(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """Raise ``Forbidden`` for a customer's user, and for a service, at an administrator's address."""
    del handler
    if "/admin/" not in connection.scope["path_template"]:
        return
    actor = actor_of(connection)
    # Without a name one may ask for the methods of an address, and nothing else gets here.
    if actor.kind is not ActorKind.ANONYMOUS and actor.scope.kind not in _ADMINISTRATORS:
        raise Forbidden(
            "This is for administrators.", hint="Your own things have addresses without /admin: /docs lists them."
        )
