"""Traces over OTLP: loaded only where an endpoint is configured."""
