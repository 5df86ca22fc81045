"""What the core asks for through its ports, done with real technology: SQL, object stores, PDF, remote services.

Imports the core, never the HTTP, CLI or jobs packages, which all receive the container built here.
"""
