"""The same use cases for assistants: sixteen tools of the Model Context Protocol.

A tool has actions. Each action is one class: its fields are what it takes, its ``run`` calls one use case and shows
what came of it. Everything else (who may, what is checked, keys, errors, schemas, texts) stands here once, for all
tools, over HTTP (``mounting``) and over standard input and output (``stdio``).
"""
