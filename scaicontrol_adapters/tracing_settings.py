"""The settings of traces."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_adapters import setting_values as reading
from scaicontrol_adapters.setting_fields import setting
from scaicontrol_adapters.webhook_settings import WebhookSettings


@frozen(kw_only=True)
class TracingSettings(WebhookSettings):
    """The part of ``Settings`` that is about traces."""

    otlp_endpoint: str = setting(
        "",
        "Address of a collector of traces that speaks OTLP over HTTP, such as `http://127.0.0.1:4318`. Empty: there are"
        " no traces.",
        reading.address,
    )
    otlp_headers: str = setting(
        "",
        "Headers that the collector wants to see: `name=value`, several separated by commas, values percent-encoded.",
        reading.headers,
        secret=True,
    )
    otlp_sample_ratio: float = setting(1.0, "Share of the traces that are recorded, from `0` to `1`.", reading.ratio)
