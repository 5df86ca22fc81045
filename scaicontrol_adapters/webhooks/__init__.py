"""Webhooks on their way out: the sender, the pump that keeps it busy, and what they need of the machine."""
