"""What people do with the catalogue."""
