"""Changing a row of jobs where several want to: read, decide, write where the version still matches, or begin again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.jobs.job import Job
from scaicontrol_core.jobs.ports import JobsWork
from scaicontrol_core.kernel.errors import Conflict, NotFound, Retryable, Stale
from scaicontrol_core.kernel.work import UnitOfWorkFactory

#: Somebody may wake a job, hold it or let it go between our reading and writing.
_ATTEMPTS = 8


async def change(
    work: UnitOfWorkFactory[JobsWork],
    actor: Actor,
    name: str,
    verb: Callable[[Job], bool | None],
    *,
    born_at: datetime | None = None,
    known: Job | None = None,
) -> Job:
    """Apply a verb to a job and store it, unless the verb says that nothing changed (False).

    With ``born_at`` a job that has no row yet gets one. ``known`` is the job as it was a moment ago: mostly it
    still is, and is not read again. Raises what the verb raises, ``NotFound``, ``Retryable``.
    """
    for _ in range(_ATTEMPTS):
        try:
            return await _changed(work, actor, name, verb, born_at, known)
        except _Overtaken:
            known = None
    raise Retryable(f"Many want the job {name} at once.")


class _Overtaken(Exception):
    """Somebody wrote the row first."""


async def _changed(
    factory: UnitOfWorkFactory[JobsWork],
    actor: Actor,
    name: str,
    verb: Callable[[Job], bool | None],
    born_at: datetime | None,
    known: Job | None,
) -> Job:
    async with factory.begin(actor) as work:
        found = known if known is not None else await work.jobs.find(name)
        if found is not None:
            job = found
        elif born_at is not None:
            job = Job(name=name, next_at=born_at)
        else:
            raise NotFound.of("job", name)
        if verb(job) is False:
            return job
        try:
            await (work.jobs.add(job) if found is None else work.jobs.save(job))
            await work.commit()
        except (Stale, Conflict) as late:
            raise _Overtaken from late
    return job
