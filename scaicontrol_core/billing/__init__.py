"""Billing: drafts become invoices with a legal number, once, in order, for ever.

Pure parts: ``totals`` and VAT of a draft (``freezing``), number series, the hash chain, the
lines a billing run makes (``drafting``), the ledger that keeps a period from being billed twice.
"""
