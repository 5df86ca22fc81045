"""What all rows share: naming, column types, and who may see and write them.

Every row class states its reach by one of the mixins below. The guard asks the class, never
the caller; a class without a mixin can't be used in a session at all.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKeyConstraint,
    Index,
    MetaData,
    String,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from scaicontrol_adapters.sql.ddl import MARIADB_TABLE
from scaicontrol_adapters.sql.types import LONG_TEXT, Exact, JsonText, UtcInstant
from scaicontrol_core.kernel.scope import ScopeKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from enum import StrEnum

    from sqlalchemy import ColumnElement
    from sqlalchemy.schema import SchemaItem

    from scaicontrol_core.kernel.lifecycle import Lifecycle
    from scaicontrol_core.kernel.scope import Scope

NAMES = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
}
ID_LENGTH = 36

Id = Annotated[str, mapped_column(String(ID_LENGTH))]
PrimaryId = Annotated[str, mapped_column(String(ID_LENGTH), primary_key=True)]
Code = Annotated[str, mapped_column(String(32))]
Slug = Annotated[str, mapped_column(String(60))]
PlanKey = Annotated[str, mapped_column(String(121))]
Name = Annotated[str, mapped_column(String(255))]
Currency = Annotated[str, mapped_column(String(3))]
Country = Annotated[str, mapped_column(String(2))]
Language = Annotated[str, mapped_column(String(2))]
Cents = Annotated[int, mapped_column(BigInteger)]
Json = Annotated[Any, mapped_column(JsonText)]
LongText = Annotated[str, mapped_column(LONG_TEXT)]


class Row(DeclarativeBase):
    """Base of all row classes: schema only, no relationships, no behaviour of the business."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcInstant,
        date: Date,
        Decimal: Exact,
    }


class Reach:
    """Who may see and write the rows of a class: those that own them, and the platform.

    ``partner_column`` and ``tenant_column`` name the columns that hold the owners. Without
    them, partners or tenants see and write nothing.
    """

    partner_column: ClassVar[str | None] = None
    tenant_column: ClassVar[str | None] = None

    @classmethod
    def owner_columns(cls) -> frozenset[str]:
        """Return the columns that say whose a row is: written once, never changed."""
        return frozenset(column for column in (cls.partner_column, cls.tenant_column) if column)

    @classmethod
    def visible(cls, scope: Scope) -> ColumnElement[bool] | None:
        """Return the predicate of the rows within the scope; None for all of them."""
        if scope.kind is ScopeKind.PLATFORM:
            return None
        column, owner = {
            ScopeKind.PARTNER: (cls.partner_column, scope.partner_id),
            ScopeKind.TENANT: (cls.tenant_column, scope.tenant_id),
        }.get(scope.kind, (None, None))
        predicate: ColumnElement[bool] = false() if column is None else getattr(cls, column) == owner
        return predicate

    @classmethod
    def may_insert(cls, scope: Scope, values: Mapping[str, Any]) -> bool:
        """Tell whether the scope may add a row of these values."""
        partner_id = values.get(cls.partner_column) if cls.partner_column else None
        tenant_id = values.get(cls.tenant_column) if cls.tenant_column else None
        if scope.kind is ScopeKind.TENANT and scope.partner_id is not None and partner_id != scope.partner_id:
            return False
        return scope.covers(partner_id=partner_id, tenant_id=tenant_id)

    @classmethod
    def may_change(cls, scope: Scope) -> bool:
        """Tell whether the scope may change the rows it sees."""
        del scope
        return True


class TenantScoped(Reach):
    """Rows of one tenant. The tenant's partner sees them too; no other tenant or partner does.

    With ``of_tenant()`` among its constraints, the database itself refuses a row that names a
    tenant and a partner that do not belong together.
    """

    partner_column = "partner_id"
    tenant_column = "tenant_id"

    @declared_attr
    def tenant_id(self) -> Mapped[str]:
        """The owner."""
        return mapped_column(String(ID_LENGTH))

    @declared_attr
    def partner_id(self) -> Mapped[str]:
        """The owner's partner."""
        return mapped_column(String(ID_LENGTH))


class TenantOrPartnerScoped(TenantScoped):
    """Rows of one tenant, or of a partner itself: then there is no tenant, and none sees them."""

    @declared_attr
    def tenant_id(self) -> Mapped[str | None]:  # type: ignore[override]  # what may be absent is declared anew
        """The owner, None for what is between the operator and a partner."""
        return mapped_column(String(ID_LENGTH))


class PartnerScoped(Reach):
    """Rows of one partner that belong to none of its tenants; tenants do not see them."""

    partner_column = "partner_id"

    @declared_attr
    def partner_id(self) -> Mapped[str]:
        """The owner."""
        return mapped_column(String(ID_LENGTH))


class PlatformOnly(Reach):
    """Rows of the platform's own machinery: no other scope sees or writes them."""


class PlatformOwned(Reach):
    """Rows that every scope reads and only the platform writes: the catalogue."""

    @classmethod
    def visible(cls, scope: Scope) -> ColumnElement[bool] | None:
        """Hide nothing."""
        del scope
        return None

    @classmethod
    def may_change(cls, scope: Scope) -> bool:
        """Allow the platform only."""
        return scope.kind is ScopeKind.PLATFORM


def table(*rules: SchemaItem) -> tuple[Any, ...]:
    """Return ``__table_args__`` of these constraints and indexes, with MariaDB's table options."""
    return (*rules, MARIADB_TABLE)


def of_tenant(on_delete: str | None = None) -> ForeignKeyConstraint:
    """Tie (tenant, partner) of a ``TenantScoped`` row to the tenant and its partner."""
    return ForeignKeyConstraint(["tenant_id", "partner_id"], ["tenants.id", "tenants.partner_id"], ondelete=on_delete)


def one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    """Let the database refuse a value that the core's enum does not have."""
    listed = ", ".join(f"'{value.value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def state_of(lifecycle: Lifecycle[Any], column: str = "status") -> CheckConstraint:
    """Let the database refuse a state that the lifecycle's table does not have."""
    listed = ", ".join(f"'{state.value}'" for state in lifecycle.states)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def unique(*columns: str, code: str, message: str, race: bool = False) -> UniqueConstraint:
    """Declare a unique key and the conflict that a caller sees when it is violated.

    ``race``: only a race can violate it, so the use case is run again instead.
    """
    return UniqueConstraint(*columns, info={"code": code, "message": message, "race": race})


def index(*columns: str) -> Index:
    """Declare an index under the naming convention."""
    return Index(None, *columns)
