"""What the operator bills partners that sell in their own name: the list price of what they sold, less their discount.

The base is the ledger of what their customers were charged, period by period; a ledger of its own says which
of it is billed to the partner, by the same natural key. What a partner gives its customers back is its own affair.
"""
