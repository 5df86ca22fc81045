"""The ports of delivery, as a container has them."""

# ruff: noqa: RUF009  # `_own` is attrs' own `field`

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import Factory, define, field

from scaicontrol_adapters.webhooks.machine import ContainersDestinations, ContainersSender, SystemRandomness
from scaicontrol_adapters.webhooks.pump import WebhookPump

if TYPE_CHECKING:
    from scaicontrol_core.delivery.ports import Destinations, OwnerNotices, Randomness, WebhookSender
    from scaicontrol_core.documents.mail import MailSender


def _own(port: Any) -> Any:  # whatever the port's type is
    """Declare a port that is made for its container, and looks into it when it is used."""
    return field(default=Factory(port, takes_self=True))


@define(kw_only=True, eq=False)
class WebhookPorts:
    """The part of ``Container`` that is about webhooks."""

    randomness: Randomness = field(factory=SystemRandomness)
    destinations: Destinations = _own(ContainersDestinations)
    webhook_sender: WebhookSender = _own(ContainersSender)
    webhook_pump: WebhookPump = _own(WebhookPump)

    if TYPE_CHECKING:
        mail: MailSender

    @property
    def owner_notices(self) -> OwnerNotices:
        """What writes to the owners of webhook subscriptions."""
        from scaicontrol_adapters.webhooks.notices import MailedNotices  # noqa: PLC0415  # seldom needed

        return MailedNotices(self.mail)
