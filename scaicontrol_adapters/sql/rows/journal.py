"""What every commit writes beside the state: the audit log and the outbox."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, String, select
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol_adapters.sql.rows.base import (
    ID_LENGTH,
    Code,
    Id,
    Json,
    LongText,
    Reach,
    Row,
    index,
    table,
    unique,
)
from scaicontrol_adapters.sql.rows.catalog import ServiceRow
from scaicontrol_core.kernel.scope import ScopeKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement

    from scaicontrol_core.kernel.scope import Scope

#: Resource type, id, verb and ordinal; 191 characters fit the smallest index limit of MariaDB.
KEY_LENGTH = 191


class AuditRow(Row, Reach):
    """One mutation. Append-only: triggers refuse UPDATE and DELETE.

    The key begins with the time, so that the log is stored in its own order and MariaDB can
    partition it by month. Nobody inserts it but a commit.
    """

    __tablename__ = "audit_log"
    __table_args__ = table(
        index("resource_type", "resource_id", "occurred_at", "id"),
        index("tenant_id", "occurred_at", "id"),
        index("partner_id", "occurred_at", "id"),
        index("user_id", "occurred_at", "id"),
        index("request_id"),
    )
    partner_column = "partner_id"
    tenant_column = "tenant_id"

    occurred_at: Mapped[datetime] = mapped_column(primary_key=True)
    id: Mapped[Id] = mapped_column(primary_key=True)
    resource_type: Mapped[Code]
    resource_id: Mapped[Id]
    action: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[str] = mapped_column(String(255))
    actor_kind: Mapped[Code]
    partner_id: Mapped[Id | None]
    tenant_id: Mapped[Id | None]
    request_id: Mapped[str | None] = mapped_column(String(128))
    details: Mapped[Json]

    @classmethod
    def may_insert(cls, scope: Scope, values: Mapping[str, Any]) -> bool:
        """Let nobody: a commit writes it, past the session."""
        del scope, values
        return False

    @classmethod
    def may_change(cls, scope: Scope) -> bool:
        """Let nobody."""
        del scope
        return False


class OutboxRow(Row, Reach):
    """An event to publish, with the fields of its envelope; the relay takes it from here.

    ``sequence`` counts the aggregate's public events from 1. ``position`` is given when the
    relay fans the event out: the feed is read in that order, so that no event ever appears
    behind a cursor already handed out. ``body`` is the text that goes over the wire, written
    once with the position. Partners and tenants read their own, services what names them; nobody
    inserts it but a commit.
    """

    __tablename__ = "outbox_events"
    __table_args__ = table(
        unique("idempotency_key", code="event_recorded", message="This has been announced already."),
        unique(
            "aggregate_type",
            "aggregate_id",
            "sequence",
            code="sequence_taken",
            message="Another event of this was first.",
            race=True,
        ),
        unique("position", code="position_taken", message="Another relay was first.", race=True),
        index("fanned_out_at", "occurred_at", "id"),
        index("partner_id", "position"),
        index("tenant_id", "position"),
    )
    partner_column = "partner_id"
    tenant_column = "tenant_id"

    id: Mapped[Id] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(String(64))
    idempotency_key: Mapped[str] = mapped_column(String(KEY_LENGTH))
    partner_id: Mapped[Id | None]
    tenant_id: Mapped[Id | None]
    aggregate_type: Mapped[Code]
    aggregate_id: Mapped[Id]
    aggregate_version: Mapped[int]
    sequence: Mapped[int]
    data: Mapped[Json]
    occurred_at: Mapped[datetime]
    lease_owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int]
    fanned_out_at: Mapped[datetime | None]
    position: Mapped[int | None] = mapped_column(BigInteger)
    body: Mapped[LongText | None]

    @classmethod
    def visible(cls, scope: Scope) -> ColumnElement[bool] | None:
        """Show a service the events that name it."""
        if scope.kind is ScopeKind.SERVICE:
            named = select(OutboxServiceRow.event_id).where(OutboxServiceRow.is_of(scope)).correlate(None)
            return cls.id.in_(named)
        return super().visible(scope)

    @classmethod
    def may_insert(cls, scope: Scope, values: Mapping[str, Any]) -> bool:
        """Let nobody: a commit writes it, past the session."""
        del scope, values
        return False

    @classmethod
    def may_change(cls, scope: Scope) -> bool:
        """Let the platform's relay."""
        return scope.kind is ScopeKind.PLATFORM


class OutboxServiceRow(Row, Reach):
    """A service that an event in the feed names, and the event's position: what makes a feed for each service.

    Written with the position. A service is who has its ``app_id`` today.
    """

    __tablename__ = "outbox_event_services"
    __table_args__ = table(index("service_id", "position"))

    event_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    service_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)

    @classmethod
    def is_of(cls, scope: Scope) -> ColumnElement[bool]:
        """Return the predicate of the rows of a service's scope."""
        own = select(ServiceRow.id).where(ServiceRow.app_id == scope.app_id).scalar_subquery()
        return cls.service_id == own

    @classmethod
    def visible(cls, scope: Scope) -> ColumnElement[bool] | None:
        """Show a service its own."""
        return cls.is_of(scope) if scope.kind is ScopeKind.SERVICE else super().visible(scope)
