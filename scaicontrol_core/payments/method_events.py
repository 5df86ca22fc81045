"""What is told of a way to pay, to the audit log alone. Accounts are masked."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from attrs import frozen

from scaicontrol_core.kernel.events import Event


@frozen(kw_only=True)
class MethodEvent(Event):
    """What every one of them tells."""

    resource_type: ClassVar[str] = "payment_method"

    kind: str
    seller_id: str
    mandate_reference: str


@frozen(kw_only=True)
class MethodAdded(MethodEvent):
    """A mandate was recorded."""

    action: ClassVar[str] = "payment_method.added"

    debtor_name: str
    iban: str
    bic: str | None
    signed_on: date


@frozen(kw_only=True)
class MethodDefaultChanged(MethodEvent):
    """The tenant pays with it from now on unless said otherwise, or no more."""

    action: ClassVar[str] = "payment_method.default_changed"

    is_default: bool


@frozen(kw_only=True)
class MethodDetached(MethodEvent):
    """It was taken back, for good."""

    action: ClassVar[str] = "payment_method.detached"
