"""Whether a document can be sent in its buyer's format, told before a number is spent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from scaicontrol_core.billing.frozen_document import FrozenDocument


@frozen
class EInvoiceCheck:
    """Port ``DocumentCheck``."""

    def check(self, document: FrozenDocument) -> None:
        """Return if the document can be sent."""
