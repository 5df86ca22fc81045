"""ScaiControl over HTTP: each route turns a request into one use case call and its result into JSON."""
