"""What people do with partners, tenants and billing profiles."""
