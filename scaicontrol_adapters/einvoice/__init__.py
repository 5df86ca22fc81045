"""E-invoices as XML: written by hand in UBL and CII, embedded in PDFs, and judged by the official rules."""
