"""An e-invoice writer that knows neither UBL nor CII: the document's number and sum as XML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define

from scaicontrol_core.tenancy.fields import EInvoiceFormat


@define
class PlainEInvoices:
    """Port ``EInvoiceWriter``; ``version`` stands for the program that writes."""

    version: str = "1"

    def write(self, document: Mapping[str, Any], format: EInvoiceFormat) -> bytes:  # noqa: A002 - what it is called
        """Return bytes that depend on document, format and version alone."""
        gross = document["totals"]["gross_cents"]
        text = (
            f'<invoice format="{format.value}" version="{self.version}" number="{document["number"]}" gross="{gross}"/>'
        )
        return text.encode()
