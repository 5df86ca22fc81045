"""Use cases called by name: how the command line works on a server elsewhere."""
