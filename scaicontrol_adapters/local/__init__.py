"""Adapters that need nothing but this machine: files in folders."""
