"""Import a list of customers, row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any

from attrs import evolve, field, frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.checks import check_fields, maybe_text
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import ErrorKind, FieldError, ScaiControlError
from scaicontrol_core.kernel.ids import Ids, PartnerId, TenantId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tenancy.billing_profile import BillingProfile
from scaicontrol_core.tenancy.errors import RepeatedReference
from scaicontrol_core.tenancy.ports import TenancyWork, VatNumberCheck
from scaicontrol_core.tenancy.selling import home_partner
from scaicontrol_core.tenancy.tenant import Tenant, TenantChanges
from scaicontrol_core.tenancy.tenant_rows import TenantRow, read_tenant_row
from scaicontrol_core.tenancy.vat_checking import attestation_record
from scaicontrol_core.tenancy.vat_evidence import NEVER_CHECKED, VatNumberState
from scaicontrol_core.tenancy.vat_numbers import checked_buyer

#: Kinds of failure that are the row's own fault; any other stops the import.
_ROW_FAULTS = frozenset({ErrorKind.INVALID, ErrorKind.CONFLICT, ErrorKind.STALE, ErrorKind.REFUSED})
_ATTEMPTS = 5
_UNDECIDED = frozenset({VatNumberState.NEVER_CHECKED, VatNumberState.PENDING})


class RowOutcome(StrEnum):
    """What a row came to."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@frozen(kw_only=True)
class ImportedRow:
    """A row that went in. ``row`` counts from 1; ``subscribe`` is the plan key or ``pack:`` slug it asks for."""

    row: int
    external_reference: str
    tenant_id: TenantId
    outcome: RowOutcome
    subscribe: str | None
    start_date: date | None


@frozen(kw_only=True)
class FailedRow:
    """A row of which nothing was written, and why."""

    row: int
    external_reference: str | None
    code: str
    message: str
    fields: tuple[FieldError, ...]


@frozen(kw_only=True)
class ImportReport:
    """What became of every row, in the order of the list."""

    rows: tuple[ImportedRow, ...]
    failed: tuple[FailedRow, ...]
    dry_run: bool

    @property
    def created(self) -> int:
        """How many customers are new."""
        return self._count(RowOutcome.CREATED)

    @property
    def updated(self) -> int:
        """How many were known and differed."""
        return self._count(RowOutcome.UPDATED)

    @property
    def unchanged(self) -> int:
        """How many were known as they are."""
        return self._count(RowOutcome.UNCHANGED)

    def _count(self, outcome: RowOutcome) -> int:
        return sum(1 for row in self.rows if row.outcome is outcome)


@frozen(kw_only=True)
class TenantList:
    """Rows to import, by column name (``tenant`` is the external reference).

    ``partner_id`` None means the actor's own partner, for the platform the operator.
    ``vat_attestation`` is the reason for which well-formed VAT numbers are taken as valid;
    without one they count as never checked.
    """

    rows: Sequence[Mapping[str | None, Any]]
    partner_id: PartnerId | None = None
    vat_attestation: str | None = field(default=None)
    dry_run: bool = False

    def __attrs_post_init__(self) -> None:
        """Clean the reason."""
        check_fields(self, {"vat_attestation": maybe_text(500)})


@frozen
class ImportTenants:
    """Create or update a customer per row, each in a transaction of its own.

    Idempotent by external reference: the same list again changes nothing. A bad row is
    reported and leaves nothing behind; the others go on. Raises ``NotFound`` (partner).
    """

    work: UnitOfWorkFactory[TenancyWork]
    clock: Clock
    ids: Ids
    vat_numbers: VatNumberCheck

    async def __call__(self, actor: Actor, wanted: TenantList) -> ImportReport:
        """Return what became of every row."""
        actor.require(Permission.ADMIN_TENANTS)
        async with self.work.begin(actor, read_only=True) as work:
            partner_id = (await home_partner(work, actor.scope, wanted.partner_id)).id
        wanted = evolve(wanted, partner_id=partner_id)
        imported: list[ImportedRow] = []
        failed: list[FailedRow] = []
        seen: dict[str, int] = {}
        for number, cells in enumerate(wanted.rows, start=1):
            try:
                row = read_tenant_row(cells)
                first = seen.setdefault(row.external_reference, number)
                if first != number:
                    raise RepeatedReference(row.external_reference, first)
                imported.append(await self._import(actor, wanted, number, row))
            except ScaiControlError as error:
                if error.kind not in _ROW_FAULTS:
                    raise
                failed.append(_failure(number, cells, error))
        return ImportReport(rows=tuple(imported), failed=tuple(failed), dry_run=wanted.dry_run)

    async def _import(self, actor: Actor, wanted: TenantList, number: int, row: TenantRow) -> ImportedRow:
        """Import one row; a transaction the database gave up is tried again without disturbing the others."""
        typed = row.details.vat_number
        row = evolve(row, details=checked_buyer(row.details, self.vat_numbers))
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return await self._write(actor, wanted, number, row, typed)
            except ScaiControlError as error:
                if error.kind is not ErrorKind.RETRYABLE or attempt == _ATTEMPTS:
                    raise
        raise AssertionError  # the last attempt returned or raised

    async def _write(
        self, actor: Actor, wanted: TenantList, number: int, row: TenantRow, typed: str | None
    ) -> ImportedRow:
        assert wanted.partner_id is not None  # noqa: S101  # set by the caller
        async with self.work.begin(actor, read_only=wanted.dry_run) as work:
            tenant = await work.tenants.find_by_reference(wanted.partner_id, row.external_reference)
            profile = await work.billing_profiles.find(tenant.id) if tenant else None
            known = tenant is not None
            if tenant is None:
                tenant = self._new_tenant(wanted.partner_id, row)
            else:
                tenant.update(TenantChanges(name=row.name, collection_method=row.collection_method))
            had_profile = profile is not None
            before = profile.vat_evidence if profile else NEVER_CHECKED
            profile = self._profile(tenant, profile, row, typed, wanted.vat_attestation)
            differs = tenant.has_changed or profile.has_changed
            if differs and not wanted.dry_run:
                await _store(work, tenant, profile, known=known, had_profile=had_profile)
                if profile.vat_evidence.is_attested and profile.vat_evidence != before:
                    await work.vat_evidence.add(attestation_record(self.ids.new("vev"), profile))
                await work.commit()
        outcome = RowOutcome.CREATED if not known else RowOutcome.UPDATED if differs else RowOutcome.UNCHANGED
        return ImportedRow(
            row=number,
            external_reference=row.external_reference,
            tenant_id=tenant.id,
            outcome=outcome,
            subscribe=row.subscribe,
            start_date=row.start_date,
        )

    def _new_tenant(self, partner_id: PartnerId, row: TenantRow) -> Tenant:
        return Tenant(
            id=TenantId(self.ids.new("tnt")),
            partner_id=partner_id,
            name=row.name,
            external_reference=row.external_reference,
            collection_method=row.collection_method,
            created_at=self.clock.now(),
        ).record_creation()

    def _profile(
        self,
        tenant: Tenant,
        profile: BillingProfile | None,
        row: TenantRow,
        typed: str | None,
        vat_attestation: str | None,
    ) -> BillingProfile:
        now = self.clock.now()
        if profile is None:
            profile = BillingProfile.create(tenant.id, tenant.partner_id, row.details, now, typed=typed)
        else:
            profile.change(row.details, now, typed=typed)
        # A register's clear "no" is not talked away by a reason given for a whole list.
        if vat_attestation and row.details.vat_number and profile.vat_evidence.state in _UNDECIDED:
            profile.attest_vat_number(None, vat_attestation, now)
        return profile


async def _store(work: TenancyWork, tenant: Tenant, profile: BillingProfile, *, known: bool, had_profile: bool) -> None:
    if not known:
        await work.tenants.add(tenant)
    elif tenant.has_changed:
        await work.tenants.save(tenant)
    if not had_profile:
        await work.billing_profiles.add(profile)
    elif profile.has_changed:
        await work.billing_profiles.save(profile)


def _failure(number: int, cells: Mapping[str | None, Any], error: ScaiControlError) -> FailedRow:
    return FailedRow(
        row=number,
        external_reference=str(cells.get("tenant") or "").strip() or None,
        code=error.code,
        message=error.message,
        fields=error.fields,
    )
