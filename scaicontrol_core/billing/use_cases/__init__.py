"""One use case a module: draft, edit, finalize, void, read, run, verify."""
