"""The real servers the tests talk to, started on free loopback ports in a temporary folder.

`keeper` is a process of its own that starts a server when a test first asks for it, gives every pytest worker the same
one, and stops them all when the test run ends, however it ends. `python -m tests.services` starts all for a person.
"""
