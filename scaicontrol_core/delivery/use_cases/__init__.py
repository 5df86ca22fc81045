"""What can be done with webhooks, and the two passes that make events travel."""
