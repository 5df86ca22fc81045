"""What can be done with usage, one module each."""
