"""What people do with secrets: list, look at versions, set, delete."""
