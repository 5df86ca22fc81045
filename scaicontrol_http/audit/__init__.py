"""Histories from the audit log over HTTP."""
