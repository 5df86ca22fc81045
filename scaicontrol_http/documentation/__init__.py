"""The API's documentation in a browser, without a network: every file comes from this server."""
