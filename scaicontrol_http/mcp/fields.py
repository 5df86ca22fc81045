"""Fields that several actions take, with what an assistant must know of them: meaning, unit, an example."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from msgspec import Meta

from scaicontrol_core.kernel.idempotency import MAX_KEY_LENGTH

_MOST_ITEMS = 100
_LONGEST_ID = 64
_LONGEST_TEXT = 2000

Limit = Annotated[
    int, Meta(ge=1, le=_MOST_ITEMS, description=f"Most items in the answer, 1 to {_MOST_ITEMS}.", examples=[20])
]
Cursor = Annotated[
    str,
    Meta(max_length=2000, description="The next_cursor of the answer before: the list goes on from there."),
]
Sort = Annotated[
    str,
    Meta(
        max_length=64,
        description="Field to sort by; - before it: from high to low. A wrong one is answered with the right ones.",
        examples=["-created_at"],
    ),
]
Confirm = Annotated[
    bool,
    Meta(description="Must be true: this cannot be taken back. Ask the person you act for before you set it."),
]
Key = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=MAX_KEY_LENGTH,
        description="Any text of your own that names this one wish. Sent again with the same fields within 24 hours,"
        " the first answer is repeated and nothing happens twice.",
        examples=["assistant-2026-02-03-subscribe-acme"],
    ),
]
ExpectedVersion = Annotated[
    int,
    Meta(
        ge=0,
        le=2**62,
        description="The version you last read: if there is a newer one by now, nothing is changed (stale_version).",
        examples=[3],
    ),
]
Reason = Annotated[
    str, Meta(max_length=_LONGEST_TEXT, description="Why, in words; kept.", examples=["Customer asked by phone"])
]


def _id(of: str, prefix: str) -> Meta:
    return Meta(max_length=_LONGEST_ID, description=f"Id of {of}.", examples=[f"{prefix}_01KA1B2C3D4E5F6G7H8J9K0M1N"])


TenantId = Annotated[str, _id("a tenant (a customer)", "tnt")]
OwnTenantId = Annotated[
    str,
    Meta(
        max_length=_LONGEST_ID,
        description="Id of a tenant (a customer); a tenant's own token needs none.",
        examples=["tnt_01KA1B2C3D4E5F6G7H8J9K0M1N"],
    ),
]
PartnerId = Annotated[str, _id("a partner (the operator or a reseller)", "prt")]
SellerId = Annotated[
    str,
    Meta(
        max_length=_LONGEST_ID,
        description="Id of the partner that sells; without it, the caller's own or the operator.",
        examples=["prt_01KA1B2C3D4E5F6G7H8J9K0M1N"],
    ),
]
ServiceId = Annotated[str, _id("a service", "svc")]
PlanId = Annotated[str, _id("a plan", "pln")]
SubscriptionId = Annotated[str, _id("a subscription", "sub")]
PackSubscriptionId = Annotated[str, _id("a subscription to a pack", "psb")]
InvoiceId = Annotated[str, _id("an invoice, a credit note or a draft", "inv")]
RunId = Annotated[str, _id("a billing run", "run")]
PaymentId = Annotated[str, _id("a payment", "pmt")]
SendId = Annotated[str, _id("a request to send", "snd")]

ServiceSlug = Annotated[str, Meta(max_length=100, description="Slug of a service.", examples=["scaidrive"])]
PlanSlug = Annotated[str, Meta(max_length=100, description="Slug of a plan within its service.", examples=["team"])]
PlanKey = Annotated[
    str, Meta(max_length=200, description="Key of a plan: service, a point, plan.", examples=["scaidrive.team"])
]
PackSlug = Annotated[str, Meta(max_length=100, description="Slug of a pack.", examples=["office"])]
Quantity = Annotated[int, Meta(description="How many of the plan, from 1.", examples=[1])]
Day = Annotated[date, Meta(description="A day in the seller's time zone.", examples=["2026-03-01"])]
Cents = Annotated[int, Meta(description="Whole minor units of the currency: 19900 is 199.00 euro.", examples=[19900])]
Currency = Annotated[str, Meta(max_length=3, description="ISO 4217 code.", examples=["EUR"])]
Immediate = Annotated[bool, Meta(description="At once, instead of at the end of the period that is paid for.")]
Search = Annotated[str, Meta(max_length=200, description="Part of the name, whatever the case.", examples=["acme"])]
Month = Annotated[str, Meta(max_length=10, description="A month.", examples=["2026-01"])]
Period = Annotated[
    str, Meta(max_length=10, description="A month, a quarter or a year.", examples=["2026-01", "2026-Q1", "2026"])
]
Quarter = Annotated[str, Meta(max_length=10, description="A quarter.", examples=["2026-Q1"])]
MonthOrQuarter = Annotated[
    str, Meta(max_length=10, description="A month or a quarter.", examples=["2026-01", "2026-Q1"])
]
