"""Entitlements over HTTP."""
