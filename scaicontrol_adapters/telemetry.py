"""What an installation tells about itself: structured logs, and metrics for Prometheus."""

from __future__ import annotations

import logging
import math
import sys
from typing import TYPE_CHECKING, Any

import structlog
from attrs import define, field
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from scaicontrol_adapters.settings import LogFormat
from scaicontrol_adapters.sql.retry import RETRIES
from scaicontrol_core.kernel.redaction import REDACTED, names_a_secret
from scaicontrol_core.kernel.redaction import redact as redact_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TextIO

    from scaicontrol_adapters.scaikey.keys import KeysState
    from scaicontrol_adapters.settings import Settings

METRICS_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

#: Without the values of local variables: they are customers' names, bodies and tokens.
_TRACEBACKS = structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))


def configure_logging(settings: Settings, stream: TextIO | None = None) -> None:
    """Write every log line, the libraries' too, as the settings ask: JSON, or for people. Default: to stderr.

    Once per process, by whoever starts it.
    """
    shared: Sequence[Any] = (
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        redact,
    )
    in_json = settings.log_format is LogFormat.JSON
    last: Sequence[Any] = (
        (_TRACEBACKS, structlog.processors.JSONRenderer()) if in_json else (structlog.dev.ConsoleRenderer(),)
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    writer = logging.StreamHandler(stream or sys.stderr)
    writer.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=list(shared),
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers = [writer]
    root.setLevel(settings.log_level.value.upper())
    for noisy in ("aiosqlite", "httpx", "httpcore", "aiobotocore", "botocore", "weasyprint", "fontTools"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # A connection whose server is gone cannot be rolled back: whoever it was for has heard of it, with less ado.
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)


def redact(_: Any, __: str, line: Any) -> Any:
    """Hide the values of fields whose names speak of secrets, and what looks like one in any text."""
    for name, value in line.items():
        if names_a_secret(name):
            line[name] = REDACTED
        elif isinstance(value, str | dict | list):
            line[name] = redact_json(value)
    return line


class _Retries(Collector):
    """How often transactions were run again."""

    def collect(self) -> Iterable[CounterMetricFamily]:
        """Return it as Prometheus wants it."""
        family = CounterMetricFamily(
            "scaicontrol_transaction_retries",
            "Transactions that the database gave up and that were run again, by reason.",
            labels=["reason"],
        )
        for reason, count in sorted(RETRIES.items()):
            family.add_metric([reason], count)
        yield family


@define
class Metrics:
    """The numbers of one process, in a registry of their own."""

    registry: CollectorRegistry = field(factory=CollectorRegistry)
    _requests: Counter = field(init=False)
    _seconds: Histogram = field(init=False)
    _limited: Counter = field(init=False)
    _fallbacks: Counter = field(init=False)
    _pending: Gauge = field(init=False)
    _keys: Gauge = field(init=False)
    _keys_age: Gauge = field(init=False)
    _keys_failing: Gauge = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Name them."""
        self.registry.register(_Retries())
        labels = ("method", "route", "status")
        self._requests = Counter(
            "scaicontrol_http_requests", "Requests answered, by route template.", labels, registry=self.registry
        )
        self._seconds = Histogram(
            "scaicontrol_http_request_seconds",
            "How long answers took, in seconds.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._limited = Counter(
            "scaicontrol_http_rate_limited",
            "Requests refused because their caller had its share, by policy.",
            ("policy",),
            registry=self.registry,
        )
        self._fallbacks = Counter(
            "scaicontrol_http_rate_limit_fallbacks",
            "Requests counted by this process alone, because Redis was away.",
            registry=self.registry,
        )
        self._pending = Gauge(
            "scaicontrol_documents_pending",
            "Finalized invoices whose PDF is still to be made; not a number while the database is away.",
            registry=self.registry,
        )

        self._keys = Gauge(
            "scaicontrol_issuer_keys",
            "Keys of an issuer that tokens are checked with.",
            ("issuer",),
            registry=self.registry,
        )
        self._keys_age = Gauge(
            "scaicontrol_issuer_keys_age_seconds",
            "How long ago the issuer answered; not a number before it ever did.",
            ("issuer",),
            registry=self.registry,
        )
        self._keys_failing = Gauge(
            "scaicontrol_issuer_keys_failing",
            "1 while the issuer does not answer, else 0.",
            ("issuer",),
            registry=self.registry,
        )

    def request_answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answered request."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def rate_limited(self, policy: str) -> None:
        """Count a request that was refused for coming too often."""
        self._limited.labels(policy).inc()

    def rate_limits_fell_back(self) -> None:
        """Count a request that was judged without Redis."""
        self._fallbacks.inc()

    def documents_pending(self, count: float) -> None:
        """Note how many documents wait; ``nan`` if nobody knows."""
        self._pending.set(count)

    def keys_stand(self, issuer: str, state: KeysState) -> None:
        """Note how an issuer's keys stand."""
        self._keys.labels(issuer).set(state.count)
        self._keys_age.labels(issuer).set(math.nan if state.age_seconds is None else state.age_seconds)
        self._keys_failing.labels(issuer).set(state.error is not None)

    def expose(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)
