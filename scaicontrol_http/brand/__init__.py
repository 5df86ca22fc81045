"""A partner's logos and fonts over HTTP."""
