"""Catalogue: what is for sale — services, their plans and usage prices, and packs of plans.

Slugs are the stable names: ``plan_key`` (``scaikey.pro``) outlives every database id. The
whole catalogue can be kept as a file (``catalogue_file``) and imported again and again.
"""

from scaicontrol_core.catalog.pack import DiscountType, PackTerms, ServicePack
from scaicontrol_core.catalog.pack_offer import PackItem
from scaicontrol_core.catalog.plan import Plan, PlanTerms
from scaicontrol_core.catalog.ports import CatalogWork, Packs, PlanFilter, Plans, Services
from scaicontrol_core.catalog.service import Aggregation, Metric, Service, ServiceTerms
from scaicontrol_core.catalog.usage_pricing import TierMode, UsageTier

__all__ = [
    "Aggregation",
    "CatalogWork",
    "DiscountType",
    "Metric",
    "PackItem",
    "PackTerms",
    "Packs",
    "Plan",
    "PlanFilter",
    "PlanTerms",
    "Plans",
    "Service",
    "ServicePack",
    "ServiceTerms",
    "Services",
    "TierMode",
    "UsageTier",
]
