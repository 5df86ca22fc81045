"""One use case a module: render what is pending, read a PDF."""
