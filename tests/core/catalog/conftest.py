"""A small catalogue to tell stories about."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from scaicontrol_core.catalog.use_cases.import_catalogue import ImportCatalogue

#: Two services, one of them metered, and a pack that discounts both.
SMALL: dict[str, Any] = {
    "services": [
        {
            "slug": "notes",
            "app_id": "notes",
            "name": "Notes",
            "metrics": [
                {"slug": "pages", "aggregation": "sum", "unit": "page"},
                {"slug": "authors", "aggregation": "unique_count", "property": "user_id"},
            ],
            "plans": [
                {
                    "slug": "trial",
                    "name": "Trial",
                    "tier": "trial",
                    "billing_period": "monthly",
                    "base_price_cents": 0,
                    "currency": "EUR",
                    "trial_days": 14,
                    "quotas": {"pages": 100},
                },
                {
                    "slug": "pro",
                    "name": "Pro",
                    "tier": "pro",
                    "billing_period": "monthly",
                    "base_price_cents": 1999,
                    "currency": "EUR",
                    "features": {"items": ["Search", "Export"]},
                    "usage_pricing": [
                        {"metric": "pages", "tier_start": 0, "tier_end": 1000, "unit_price_cents": 0},
                        {
                            "metric": "pages",
                            "tier_start": 1000,
                            "tier_end": None,
                            "unit_price_cents": 3,
                            "unit_divisor": 10,
                        },
                        {"metric": "authors", "unit_price_cents": "12.5", "tier_mode": "volume"},
                    ],
                },
            ],
        },
        {
            "slug": "post",
            "app_id": "post",
            "name": "Post",
            "allows_multiple": True,
            "plans": [
                {
                    "slug": "basic",
                    "name": "Basic",
                    "tier": "starter",
                    "billing_period": "monthly",
                    "base_price_cents": 999,
                    "currency": "EUR",
                },
                {
                    "slug": "yearly",
                    "name": "Yearly",
                    "tier": "starter",
                    "billing_period": "yearly",
                    "base_price_cents": 9999,
                    "currency": "EUR",
                    "is_public": False,
                },
            ],
        },
    ],
    "packs": [
        {
            "slug": "both",
            "name": "Both",
            "billing_period": "monthly",
            "discount_type": "percentage",
            "discount_percentage": "12.5",
            "currency": "EUR",
            "items": ["notes.pro", {"plan": "post.basic", "override_price_cents": 500}],
        }
    ],
}


@pytest.fixture
def small() -> dict[str, Any]:
    """The file's plain value, to change at will."""
    return deepcopy(SMALL)


@pytest.fixture
async def imported(call: Any, people: Any, small: dict[str, Any]) -> Any:
    """The file, imported; returns the result."""
    return await call(ImportCatalogue)(people.platform, small)
