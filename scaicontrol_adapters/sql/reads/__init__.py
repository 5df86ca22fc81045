"""Lists: filters, sort orders and paging, one module a feature. Every order here has an index."""
