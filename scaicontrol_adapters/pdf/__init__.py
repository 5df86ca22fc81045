"""PDF rendering with Jinja, Babel and WeasyPrint.

Importing this package, its pool included, imports neither Jinja nor WeasyPrint's libraries:
WeasyPrint loads in the pool's own processes only, because it costs seconds and 100 MB that an
API process should never pay (``tests/adapters/pdf/test_pool.py`` holds it to that).
"""
