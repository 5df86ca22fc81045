"""One module a use case: record a payment, a failed one, a refund; read what is open."""
