"""A worker's process: started by ``scaicontrol worker``, which names ``scaicontrol_jobs.worker:broker`` to Dramatiq."""

from __future__ import annotations

from scaicontrol_adapters.garbage import collect_seldom
from scaicontrol_adapters.secret_store import connected
from scaicontrol_adapters.settings import Settings
from scaicontrol_adapters.telemetry import configure_logging
from scaicontrol_jobs.actors import declare
from scaicontrol_jobs.broker import make_broker

_settings = connected(Settings.from_environment())
configure_logging(_settings)
broker = make_broker(_settings.redis_url)
declare(broker, _settings)
collect_seldom()
