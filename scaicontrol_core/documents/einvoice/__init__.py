"""E-invoices: the frozen document in the business terms of EN 16931."""
