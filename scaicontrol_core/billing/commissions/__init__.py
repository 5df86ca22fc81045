"""What partners earn by sales that the operator makes in its own name.

A month's documents to a partner's customers become the entries of one statement per currency. Once the
month is closed its statements never change: what is corrected later is an entry of a later month.
"""
