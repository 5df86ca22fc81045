"""One use case a module: create, cancel, resume, suspend, override, reap, read."""
