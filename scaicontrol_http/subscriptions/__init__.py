"""Subscriptions over HTTP, for administrators and for tenants themselves."""
