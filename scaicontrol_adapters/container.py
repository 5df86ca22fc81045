"""The composition root: everything is built once, here, and use cases get their ports by name.

A use case is a frozen class whose fields are ports. ``use`` fills each field with the port of
the same name and wraps the call in the retry of the whole use case.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define, field, fields

from scaicontrol_adapters.settings import ObjectStoreKind, Settings
from scaicontrol_adapters.system import MonotonicIds, SystemClock
from scaicontrol_core.tax import RateTable, VatNumberFormat, standard_rates

if TYPE_CHECKING:
    from scaicontrol_core.documents.ports import DocumentRenderer, ObjectStore
    from scaicontrol_core.kernel.clock import Clock
    from scaicontrol_core.kernel.ids import Ids
    from scaicontrol_core.kernel.work import UnitOfWorkFactory
    from scaicontrol_core.tenancy.ports import VatNumberCheck

U = TypeVar("U")
T = TypeVar("T")
_Close = Callable[[], Awaitable[None]]


async def _retry(attempt: Callable[[], Awaitable[T]]) -> T:
    from scaicontrol_adapters.sql.retry import retried  # noqa: PLC0415  # SQLAlchemy loads with first use

    return await retried(attempt)()


@define(kw_only=True)
class Container:
    """The ports of one process. Close it with ``aclose``, or use it as ``async with``."""

    settings: Settings
    work: UnitOfWorkFactory[Any]
    clock: Clock
    ids: Ids
    objects: ObjectStore
    renderer: DocumentRenderer
    rates: RateTable
    vat_numbers: VatNumberCheck
    retry: Any = _retry
    database: Any = None
    _closing: list[_Close] = field(factory=list)
    _built: dict[type, Any] = field(factory=dict, init=False)

    @classmethod
    def from_settings(cls, settings: Settings, *, clock: Clock | None = None, ids: Ids | None = None) -> Container:
        """Build every port that the settings name; nothing connects before its first use.

        ``clock`` takes the place of the machine's, for loads that run on a calendar of their own.
        """
        from scaicontrol_adapters.pdf.pool import PooledRenderer  # noqa: PLC0415  # heavy: only who opens one pays
        from scaicontrol_adapters.sql.engine import create_engine  # noqa: PLC0415  # see above
        from scaicontrol_adapters.sql.unit_of_work import SqlUnitOfWorkFactory  # noqa: PLC0415  # see above

        clock, ids = clock or SystemClock(), ids or MonotonicIds()
        database = create_engine(settings.database_url, pool_size=settings.database_pool_size)
        objects, close_objects = _object_store(settings)
        renderer = PooledRenderer(workers=settings.pdf_workers)
        return cls(
            settings=settings,
            work=SqlUnitOfWorkFactory(database, clock, ids),
            clock=clock,
            ids=ids,
            objects=objects,
            renderer=renderer,
            rates=standard_rates(),
            vat_numbers=VatNumberFormat(),
            database=database,
            closing=[renderer.close, *close_objects, database.aclose],
        )

    def use(self, use_case: type[U]) -> U:
        """Return the use case with its ports, its call retried whole; made once and kept.

        Raises ``LookupError`` for a field that is no port of ours.
        """
        if use_case not in self._built:
            from scaicontrol_adapters.sql.retry import retried  # noqa: PLC0415  # see from_settings

            ports = {attribute.name: self._port(attribute.name) for attribute in fields(cast("Any", use_case))}
            self._built[use_case] = retried(cast("Any", use_case)(**ports))
        return cast("U", self._built[use_case])

    async def aclose(self) -> None:
        """Stop the renderer's processes and close all connections."""
        for close in self._closing:
            await close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.aclose()

    def _port(self, name: str) -> Any:
        if name.startswith("_") or not hasattr(self, name):
            raise LookupError(f"no port is called {name!r}")
        return getattr(self, name)


def _object_store(settings: Settings) -> tuple[ObjectStore, list[_Close]]:
    if settings.object_store is ObjectStoreKind.FOLDER:
        from scaicontrol_adapters.local.objects import FolderObjects  # noqa: PLC0415  # one of two

        return FolderObjects(settings.objects_dir), []
    from scaicontrol_adapters.s3.objects import S3Objects, S3Settings  # noqa: PLC0415  # aiobotocore costs a second

    store = S3Objects(
        S3Settings(
            bucket=settings.s3_bucket or "",
            endpoint_url=settings.s3_endpoint_url,
            region=settings.s3_region,
            access_key=settings.s3_access_key,
            secret_key=settings.s3_secret_key,
            path_style=settings.s3_path_style,
            prefix=settings.s3_prefix,
        )
    )
    return store, [store.close]
