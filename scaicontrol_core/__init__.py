"""The rules of ScaiControl as plain values and verbs: no I/O, no clock, no randomness, no float.

Depends on attrs and python-stdnum only, so that another program can embed it without a database or a web server.
Every feature is a sub-package, described in its own docstring; what it needs from outside is a Protocol in its `ports`.
"""
