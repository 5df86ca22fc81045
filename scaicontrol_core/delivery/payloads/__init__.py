"""What the topics tell: one class per shape, written down apart from the events that fill it.

Receivers rely on these. An event that loses or renames a field no longer fits, and a test says so.
"""
