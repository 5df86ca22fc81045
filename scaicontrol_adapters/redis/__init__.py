"""What Redis is used for: nothing that could not be lost."""
