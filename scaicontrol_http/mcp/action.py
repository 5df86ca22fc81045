"""What an action of a tool is, and what it runs in."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar, TypeVar

from attrs import frozen

from scaicontrol_adapters.container import Container
from scaicontrol_core.access import Actor, Permission
from scaicontrol_core.kernel.errors import Forbidden, Invalid, NotFound
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.kernel.scope import ScopeKind
from scaicontrol_http.mcp import fields as given
from scaicontrol_http.requests import Body

U = TypeVar("U")
P = TypeVar("P", TenantId, PartnerId)
#: Items in an answer unless asked otherwise: an assistant reads all it gets, so that it is less than over HTTP.
USUAL_ITEMS = 20


class Effect(StrEnum):
    """What an action does to what is kept, as its tool's annotations tell."""

    READS = "reads"
    SETS = "sets"
    """Writes; the same again changes nothing more."""
    WRITES = "writes"
    """Writes, and the same again may take effect again."""
    ENDS = "ends"
    """Ends, takes back or binds what nobody can loosen: needs ``confirm: true``."""


class Audience(StrEnum):
    """Whom an action is for, whatever their permissions: as routes stand below ``/admin``, beside it, or in both."""

    ADMINISTRATORS = "administrators"
    CUSTOMERS = "customers"
    EVERYONE = "everyone"


class Around(Body):
    """Fields that are about the call, and not about what it is for. Each action takes some of them."""

    confirm: given.Confirm = False
    idempotency_key: given.Key | None = None
    limit: given.Limit = USUAL_ITEMS
    cursor: given.Cursor | None = None
    sort: given.Sort | None = None


@frozen
class Call:
    """What an action runs in: the product, who asks, and what was said about the call itself."""

    container: Container
    actor: Actor
    around: Around

    @property
    def page(self) -> PageRequest:
        """The part of a list that is wanted."""
        return PageRequest(limit=self.around.limit, cursor=self.around.cursor or None, sort=self.around.sort or None)

    def use(self, use_case: type[U]) -> U:
        """Return the use case with its ports."""
        return self.container.use(use_case)

    def tenant(self, tenant_id: str | None) -> TenantId:
        """Return the tenant that is named, else the caller's own; ``Invalid`` for who has none."""
        found = self.tenant_if_any(tenant_id)
        if found is None:
            raise Invalid.field("/tenant_id", "The field tenant_id is required.", code="invalid_body")
        return found

    def tenant_if_any(self, tenant_id: str | None) -> TenantId | None:
        """Return the tenant that is named, else the caller's own, if there is one."""
        return TenantId(tenant_id) if tenant_id else self.actor.scope.tenant_id


class Action(Body, tag_field="action"):
    """Base of all actions; a subclass is named by its ``tag``, and its docstring tells an assistant what it is for."""

    effect: ClassVar[Effect] = Effect.READS
    audience: ClassVar[Audience] = Audience.ADMINISTRATORS
    #: Any one of these will do; none: anybody with a token may ask. The use case decides, this only spares the way.
    needs: ClassVar[tuple[Permission, ...]] = ()
    #: Whether the use case wants the platform's own scope.
    platform: ClassVar[bool] = False
    #: Which fields of ``Around`` it takes, beside a key if it writes.
    asks: ClassVar[tuple[str, ...]] = ()
    #: Fields of its result that are told once: a repeat with the same key answers null in their place.
    told_once: ClassVar[tuple[str, ...]] = ()
    #: The routes that do the same.
    routes: ClassVar[tuple[str, ...]] = ()

    async def run(self, call: Call) -> Any:
        """Call the use case and return what is shown of it; the annotation of the result is its schema."""
        raise NotImplementedError

    @classmethod
    def action_name(cls) -> str:
        """The action's name in its tool."""
        return str(cls.__struct_config__.tag)

    @classmethod
    def extras(cls) -> tuple[str, ...]:
        """Which fields of ``Around`` it takes."""
        return cls.asks if cls.effect is Effect.READS else (*cls.asks, "idempotency_key")

    @classmethod
    def permitted(cls, actor: Actor) -> bool:
        """Tell whether it makes sense to offer the action to somebody."""
        kind = actor.scope.kind
        if cls.audience is Audience.ADMINISTRATORS and kind is ScopeKind.TENANT:
            return False
        if cls.audience is Audience.CUSTOMERS and kind is not ScopeKind.TENANT:
            return False
        if cls.platform and kind is not ScopeKind.PLATFORM:
            return False
        return not cls.needs or any(actor.may(permission) for permission in cls.needs)

    @classmethod
    def admit(cls, actor: Actor) -> None:
        """Raise ``Forbidden`` for a customer at what is for administrators, ``NotFound`` for who is no customer."""
        if cls.audience is Audience.ADMINISTRATORS and actor.scope.kind is ScopeKind.TENANT:
            raise Forbidden("This is for administrators.", hint="Use an action that the tool lists for you.")
        if cls.audience is Audience.CUSTOMERS and actor.scope.tenant_id is None:
            raise NotFound("This belongs to a tenant; the token names none.", code="tenant_not_found")


class Listed(Action):
    """An action that answers a part of a list: ``call.page``."""

    asks: ClassVar[tuple[str, ...]] = ("limit", "cursor")


class Sorted(Action):
    """An action that answers a part of a list which can be sorted: ``call.page``."""

    asks: ClassVar[tuple[str, ...]] = ("limit", "cursor", "sort")


class Writing(Action):
    """An action that creates or charges: sent twice without a key, it may take effect twice."""

    effect: ClassVar[Effect] = Effect.WRITES


class Confirmed(Action):
    """An action that nobody can take back."""

    effect: ClassVar[Effect] = Effect.ENDS
    asks: ClassVar[tuple[str, ...]] = ("confirm",)
