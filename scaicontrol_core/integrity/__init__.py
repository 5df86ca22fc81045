"""Integrity: what must be true of a whole database, and an audit that looks whether it is.

Each rule is a pure function over what is stored; the audit reads everything once, page by page,
and reports every contradiction with the row it was found at. It changes nothing.
"""

from scaicontrol_core.integrity.finding import Finding, IntegrityAudit, IntegrityRule, RuleAudit

__all__ = ["Finding", "IntegrityAudit", "IntegrityRule", "RuleAudit"]
