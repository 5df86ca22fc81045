"""Payments: what was paid, refunded and charged back for invoices, and what is still open.

A ledger of money that moved, whoever moved it. Each movement names its invoice, counts there, and is never
taken away again: what went wrong is told by a further one. Charging is not done here.
"""
