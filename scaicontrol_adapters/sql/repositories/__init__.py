"""Repositories: aggregates in and out, one module a feature. No ``text()``, no ``try``, no rules of the business."""
