"""The composition root: one container per process builds every port once and gives them to use cases.

HTTP, command line and jobs receive it; tests build the same one over ``scaicontrol_core.testing``.
What is heavy (SQLAlchemy, S3) is imported only when a container needs it, and nothing
connects before the first use.
"""

# ruff: noqa: PLC0415  # only what a container needs is loaded

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define, evolve, field, fields

from scaicontrol_adapters.after_commit import Told
from scaicontrol_adapters.einvoice.writing import XmlEInvoices
from scaicontrol_adapters.mail.channels import mail_channel
from scaicontrol_adapters.mail.rendering import SandboxedMails
from scaicontrol_adapters.scaikey.standings import KeptStandings
from scaicontrol_adapters.secret_sources import source_of
from scaicontrol_adapters.secret_store import connected, secret_store
from scaicontrol_adapters.settings import ObjectStoreKind, Settings
from scaicontrol_adapters.system import rest_awhile
from scaicontrol_adapters.tracing import traced, tracing_of
from scaicontrol_adapters.webhooks.ports import WebhookPorts
from scaicontrol_core.documents.einvoice.precheck import EInvoiceCheck
from scaicontrol_core.entitlements.kept import KeptEntitlements
from scaicontrol_core.identity.no_directory import NoDirectory
from scaicontrol_core.kernel.cache import MemoryCache
from scaicontrol_core.tax import RateTable, VatNumberFormat, standard_rates
from scaicontrol_core.tenancy.vat_register import NoRegister

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from scaicontrol_adapters.secret_sources import SecretSource
    from scaicontrol_adapters.sql.engine import Database
    from scaicontrol_adapters.tracing import Tracing
    from scaicontrol_core.billing.facts import DocumentCheck
    from scaicontrol_core.documents.brand.ports import AssetReader
    from scaicontrol_core.documents.mail import MailSender
    from scaicontrol_core.documents.ports import DocumentRenderer, EInvoiceWriter, ObjectStore
    from scaicontrol_core.documents.templates.ports import TemplateInspector
    from scaicontrol_core.documents.transmission_ports import MailRenderer
    from scaicontrol_core.documents.work import DocumentsWork
    from scaicontrol_core.identity.ports import Directory
    from scaicontrol_core.kernel.cache import Cache
    from scaicontrol_core.kernel.clock import Clock
    from scaicontrol_core.kernel.idempotency import IdempotencyRecords
    from scaicontrol_core.kernel.ids import Ids
    from scaicontrol_core.kernel.secrets import Secrets
    from scaicontrol_core.kernel.work import Rest, Retry, UnitOfWorkFactory
    from scaicontrol_core.tenancy.ports import VatNumberCheck
    from scaicontrol_core.tenancy.vat_register import VatRegister

U = TypeVar("U")


@define(kw_only=True, eq=False)
class Container(WebhookPorts):
    """Every port under the name that use cases have for it; close it, or use it as ``async with``."""

    settings: Settings
    clock: Clock
    ids: Ids
    work: UnitOfWorkFactory[DocumentsWork]
    objects: ObjectStore
    renderer: DocumentRenderer
    mail: MailSender
    idempotency: IdempotencyRecords
    retry: Retry
    kept_entitlements: KeptEntitlements
    secrets: Secrets
    standings: KeptStandings
    directory: Directory = field(factory=NoDirectory)
    rest: Rest = rest_awhile
    vat_numbers: VatNumberCheck = field(factory=VatNumberFormat)
    vat_register: VatRegister = field(factory=NoRegister)
    document_check: DocumentCheck = field(factory=EInvoiceCheck)
    einvoices: EInvoiceWriter = field(factory=XmlEInvoices)
    database: Database | None = None
    tracing: Tracing | None = None
    _built: dict[type[Any], Any] = field(init=False, factory=dict)

    @property
    def mail_renderer(self) -> MailRenderer:
        """What writes e-mails; an operator's templates run where documents are rendered."""
        return SandboxedMails(self.renderer)

    @property
    def inspector(self) -> TemplateInspector:
        """What reads an operator's templates before they are used."""
        from scaicontrol_adapters.pdf.inspector import JinjaInspector

        return JinjaInspector()

    @property
    def asset_reader(self) -> AssetReader:
        """What reads uploaded logos and fonts."""
        from scaicontrol_adapters.pdf.brand_assets import BrandAssetReader

        return BrandAssetReader()

    @property
    def rates(self) -> RateTable:
        """The VAT rates, read when first asked for."""
        return standard_rates()

    @classmethod
    def from_settings(
        cls, settings: Settings, *, clock: Clock | None = None, ids: Ids | None = None, alone: bool = False
    ) -> Self:
        """Build a container on the database and the object store of the settings.

        ``clock`` takes the place of the machine's: a demonstration lives through months. ``ids``
        that follow from a seed make a simulation the same every time. ``alone``: one thing is done
        after the other in this process, so that an embedded database needs no thread of its own.
        """
        from scaicontrol_adapters.patient_keys import PatientKeys
        from scaicontrol_adapters.pdf.pool import PooledRenderer
        from scaicontrol_adapters.sql.engine import create_engine
        from scaicontrol_adapters.sql.idempotency import SqlIdempotencyRecords
        from scaicontrol_adapters.sql.retry import Backoff
        from scaicontrol_adapters.sql.unit_of_work import SqlUnitOfWorkFactory
        from scaicontrol_adapters.system import MonotonicIds, SystemClock

        settings, secrets, tracing = connected(settings), secret_store(settings), tracing_of(settings)
        now, ids = clock or SystemClock(), ids or MonotonicIds()
        database = create_engine(
            settings.database_url, pool_size=settings.database_pool_size, alone=alone, tracing=tracing
        )
        kept = KeptEntitlements(_cache(settings, now), now, settings.entitlements_max_age_seconds)
        standings = KeptStandings(settings.standing_max_age_seconds)
        return cls(
            settings=settings,
            clock=now,
            ids=ids,
            work=SqlUnitOfWorkFactory(database, now, ids, committed=Told((kept.committed, standings.committed))),
            kept_entitlements=kept,
            standings=standings,
            directory=_directory(settings, secrets),
            secrets=secrets,
            objects=object_store(settings, secrets),
            renderer=PooledRenderer(workers=settings.pdf_workers),
            mail=mail_channel(settings, secrets),
            idempotency=PatientKeys(SqlIdempotencyRecords(database), Backoff()),
            retry=Backoff(),
            vat_register=_vat_register(settings),
            database=database,
            tracing=tracing,
        )

    @classmethod
    def in_memory(
        cls, settings: Settings | None = None, *, clock: Clock | None = None, renderer: DocumentRenderer | None = None
    ) -> Self:
        """Build a container that keeps everything in memory and renders in this process.

        Without settings it starts no background job; without a clock it stands still in 2026.
        """
        from scaicontrol_adapters.pdf.inline import InlineRenderer
        from scaicontrol_adapters.sql.retry import Backoff
        from scaicontrol_core.testing import FixedClock, MemoryUnitOfWorkFactory, SequentialIds
        from scaicontrol_core.testing.idempotency import MemoryIdempotencyRecords
        from scaicontrol_core.testing.mail import MemoryMail
        from scaicontrol_core.testing.objects import MemoryObjects
        from scaicontrol_core.testing.secrets import MemorySecrets

        now, ids = clock or FixedClock(), SequentialIds()
        settings = settings or Settings(background_jobs="")
        kept = KeptEntitlements(MemoryCache(now), now, settings.entitlements_max_age_seconds)
        standings = KeptStandings(settings.standing_max_age_seconds)
        return cls(
            settings=settings,
            clock=now,
            ids=ids,
            work=MemoryUnitOfWorkFactory(now, ids, committed=Told((kept.committed, standings.committed))),
            kept_entitlements=kept,
            standings=standings,
            secrets=MemorySecrets(),
            objects=MemoryObjects(),
            renderer=renderer or InlineRenderer(),
            mail=MemoryMail(),
            idempotency=MemoryIdempotencyRecords(),
            retry=Backoff(),
        )

    def over(self, work: UnitOfWorkFactory[Any]) -> Self:
        """Return this container over other units of work: all else is shared, and closed with this one."""
        return evolve(self, work=work)

    def use(self, use_case: type[U]) -> U:
        """Return the use case with its ports, found by the names of its fields.

        What the database gives up is run again as a whole, by the container, or by the use case
        itself if it asks for ``retry``. Raises ``TypeError`` for a field that names no port.
        """
        built = self._built.get(use_case)
        if built is None:
            built = self._build(use_case)
            if self.tracing is not None:
                built = traced(self.tracing, use_case.__name__, built)
            self._built[use_case] = built
        return cast("U", built)

    def _build(self, use_case: type[Any]) -> Any:
        from scaicontrol_adapters.combining import CombinedFinalization
        from scaicontrol_adapters.sql.retry import retried
        from scaicontrol_core.billing.use_cases.finalize_invoice import FinalizeInvoice
        from scaicontrol_core.billing.use_cases.finalize_invoices import FinalizeInvoices

        names = [attribute.name for attribute in fields(use_case)]
        unknown = [name for name in names if not name.islower() or name.startswith("_") or not hasattr(self, name)]
        if unknown:
            raise TypeError(f"{use_case.__name__} asks for {', '.join(unknown)}, which is no port of the container")
        made = use_case(**{name: getattr(self, name) for name in names})
        if use_case is FinalizeInvoice:
            # Its plural serves all callers of the moment under one lock of their series.
            return CombinedFinalization(self.use(FinalizeInvoices))
        return made if "retry" in names else retried(made)

    def secret(self, name: str) -> SecretSource:
        """Return the source of a secret setting, e.g. ``smtp_password``: asked each time it is used."""
        return source_of(self.settings, self.secrets, name)

    async def aclose(self) -> None:
        """End the renderer's processes and close all connections."""
        for port in (
            self.idempotency,
            self.webhook_pump,
            self.webhook_sender,
            self.renderer,
            self.vat_register,
            self.objects,
            self.mail,
            self.kept_entitlements.cache,
            self.secrets,
            self.directory,
            self.tracing,
        ):
            close: Callable[[], Awaitable[None]] | None = getattr(port, "close", None)
            if close is not None:
                await close()
        if self.database is not None:
            await self.database.aclose()

    async def __aenter__(self) -> Self:
        """Nothing opens before the first use."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close."""
        await self.aclose()


def _cache(settings: Settings, clock: Clock) -> Cache:
    if not settings.redis_url:
        return MemoryCache(clock)
    from scaicontrol_adapters.redis.cache import RedisCache

    return RedisCache(settings.redis_url)


def _directory(settings: Settings, secrets: Secrets) -> Directory:
    if not settings.has_directory:
        return NoDirectory()
    from scaicontrol_adapters.scaikey.directory import directory_of

    return directory_of(settings, secrets)


def _vat_register(settings: Settings) -> VatRegister:
    if not settings.vies_url:
        return NoRegister()
    from scaicontrol_adapters.vies.register import Patience, ViesRegister

    seconds = settings.vies_timeout_seconds
    return ViesRegister(url=settings.vies_url, patience=Patience(request_seconds=seconds, question_seconds=seconds * 2))


def object_store(settings: Settings, secrets: Secrets) -> ObjectStore:
    """Return the store of documents that the settings name."""
    if settings.object_store is ObjectStoreKind.FOLDER:
        from scaicontrol_adapters.local.objects import FolderObjects

        return FolderObjects(settings.objects_dir)
    from scaicontrol_adapters.s3.objects import S3Objects, S3Settings

    return S3Objects(
        S3Settings(
            bucket=settings.s3_bucket,
            endpoint_url=settings.s3_endpoint_url or None,
            region=settings.s3_region,
            access_key=source_of(settings, secrets, "s3_access_key") if settings.has("s3_access_key") else None,
            secret_key=source_of(settings, secrets, "s3_secret_key"),
            path_style=settings.s3_path_style,
            prefix=settings.s3_prefix,
        )
    )
