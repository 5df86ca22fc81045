"""The broker: Dramatiq on Redis, which carries names of jobs and decides nothing.

Everything it holds may be lost, doubled or late: rows say what is due. So nothing is retried
here, and a message that cannot be used is put aside where it can be shown.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import dramatiq
import structlog
from dramatiq.brokers.redis import RedisBroker, _RedisConsumer
from dramatiq.errors import DecodeError
from dramatiq.message import Message
from dramatiq.middleware import AsyncIO, Retries
from redis import Redis

from scaicontrol_adapters.redis.job_queue import NAMESPACE, QUEUES, QUICK, SLOW
from scaicontrol_core.kernel.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Collection

    from scaicontrol_jobs.schedule import PeriodicJob

#: The one actor there is; what it is sent is the name of a job.
ACTOR = "run_job"
#: A job that runs more often than this is not to wait behind those that take long.
_QUICK_SECONDS = 60
_TIMEOUT_SECONDS = 5

log = structlog.get_logger(__name__)


class _PatientConsumer(_RedisConsumer):
    """Puts aside what is no message, where Dramatiq would begin anew and lose what it had fetched beside it."""

    def __next__(self) -> Any:  # a message, or None when none came
        data = self.message_cache[0] if self.message_cache else None
        try:
            return super().__next__()  # type: ignore[no-untyped-call]
        except DecodeError:
            self._put_aside(data)
            return None

    def _put_aside(self, data: bytes | None) -> None:
        messages = f"{self.broker.namespace}:{self.queue_name}.msgs"
        log.error("job_message_unreadable", queue=self.queue_name)
        for message_id, each in self.broker.client.hgetall(messages).items():
            if data is None or each == data:
                try:
                    Message.decode(each)
                except DecodeError:
                    self.broker.do_nack(self.queue_name, message_id)


class JobBroker(RedisBroker):
    """A broker with our queues, which puts aside what it cannot use."""

    @property
    def consumer_class(self) -> type[_PatientConsumer]:
        """Return what reads a queue."""
        return _PatientConsumer


def make_broker(redis_url: str) -> JobBroker:
    """Return the broker of these workers; nothing connects before the first message.

    Raises ``Invalid`` (``redis_needed``) without an address.
    """
    if not redis_url:
        raise Invalid.field(
            "/SCAICONTROL_REDIS_URL",
            "Workers and scheduler need Redis between them.",
            code="redis_needed",
            hint="Set it, or let the server run its own jobs.",
        )
    client = Redis.from_url(
        redis_url,
        socket_timeout=_TIMEOUT_SECONDS,
        socket_connect_timeout=_TIMEOUT_SECONDS,
        health_check_interval=30,
    )
    # Retries puts aside what raises: none of our failing jobs does, they are noted in their rows.
    broker = JobBroker(  # type: ignore[no-untyped-call]
        client=client, namespace=NAMESPACE, middleware=[AsyncIO(), Retries(max_retries=0)]
    )
    for queue in QUEUES:
        broker.declare_queue(queue)
    return broker


def queue_of(job: PeriodicJob) -> str:
    """Return the queue that a job waits in."""
    return QUICK if job.every_seconds < _QUICK_SECONDS else SLOW


class Pusher:
    """Sends the actor, and is the only place that does: a message says that a row may be due, and no more."""

    def __init__(self, broker: dramatiq.Broker, schedule: Collection[PeriodicJob]) -> None:
        self._broker = broker
        self._queues = {job.name: queue_of(job) for job in schedule}

    async def __call__(self, names: Collection[str]) -> None:
        """Send names of jobs; while Redis is away they are dropped, and the rows stay due."""
        await asyncio.to_thread(self._send, [name for name in names if name in self._queues])

    def _send(self, names: Collection[str]) -> None:
        try:
            for name in names:
                self._broker.enqueue(
                    Message(queue_name=self._queues[name], actor_name=ACTOR, args=(name,), kwargs={}, options={})
                )
        except Exception as failure:  # noqa: BLE001  # a ring may be lost
            log.warning("job_not_pushed", failure=type(failure).__name__, count=len(names))
