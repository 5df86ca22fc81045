"""Permissions: stable ``scope:action`` strings shared with ScaiKey."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """One thing an actor may do. Renaming a value breaks tokens in the field: add, never rename."""

    ADMIN_BILLING = "admin:billing"
    ADMIN_TENANTS = "admin:tenants"
    ADMIN_PARTNERS = "admin:partners"
    ADMIN_SUBSCRIPTIONS = "admin:subscriptions"
    ADMIN_USERS = "admin:users"
    ADMIN_GROUPS = "admin:groups"
    ADMIN_PROVISIONING = "admin:provisioning"
    ADMIN_REGISTRY = "admin:registry"
    ADMIN_ACCOUNTING = "admin:accounting"
    ADMIN_PLATFORM = "admin:platform"
    ADMIN_USAGE = "admin:usage"
    BILLING_MANAGE = "billing:manage"
    BILLING_READ = "billing:read"
    SUBSCRIPTIONS_READ = "subscriptions:read"
    SERVICES_READ = "services:read"
    REGISTRY_MANAGE = "registry:manage"
    SCAICONTROL_ADMIN = "scaicontrol:admin"
    """Service-to-service plan changes."""
