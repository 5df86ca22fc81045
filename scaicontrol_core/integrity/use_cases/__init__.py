"""What one can do about integrity."""
