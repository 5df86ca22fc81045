"""Invoices, billing runs and numbering reports over HTTP."""
