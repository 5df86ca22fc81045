"""Commands on a server elsewhere: the same use cases, called over HTTP with the rights of a token."""
