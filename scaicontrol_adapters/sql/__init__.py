"""Storage in SQL: one adapter for MariaDB and for embedded SQLite.

Rows (``rows/``) describe the schema and nothing else; repositories write and load aggregates
through explicit mappers; reads serve lists; the guard keeps every statement within its scope.
What differs between the two databases sits in ``dialects/`` and nowhere else.
"""
