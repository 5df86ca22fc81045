"""Partners, tenants and billing profiles over HTTP."""
