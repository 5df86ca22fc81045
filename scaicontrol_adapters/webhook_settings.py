"""The settings of webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_adapters import setting_values as reading
from scaicontrol_adapters.job_settings import JobSettings
from scaicontrol_adapters.setting_fields import setting

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network


@frozen(kw_only=True)
class WebhookSettings(JobSettings):
    """The part of ``Settings`` that is about webhooks: where they may go, and how many at once."""

    webhook_allowed_networks: tuple[str, ...] = setting(
        (),
        "Networks of one's own that webhooks may be sent to, separated by commas: `10.1.0.0/16`. Without them every"
        " private, local or reserved address is refused.",
        reading.networks,
    )
    webhook_allow_http: bool = setting(
        False,  # noqa: FBT003  # the value it has without a wish
        "Whether webhooks may go to `http://` addresses. For development alone: production refuses it.",
        reading.yes_or_no,
    )
    webhook_concurrency: int = setting(500, "Most webhooks that one process posts at once.", reading.number(1, 5000))

    @property
    def webhook_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The allowed networks, read."""
        from ipaddress import ip_network  # noqa: PLC0415  # few commands need it

        return tuple(ip_network(text, strict=False) for text in self.webhook_allowed_networks)
