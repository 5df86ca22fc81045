"""One use case: read the log."""
