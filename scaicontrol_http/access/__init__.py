"""Who the caller is, and where tokens come from."""
