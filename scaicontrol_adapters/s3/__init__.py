"""The object store over S3 and what speaks like it."""
