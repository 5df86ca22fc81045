"""The kernel: words every feature shares — money, periods, ids, lifecycles, errors, scopes.

Nothing here knows a business feature. Import the modules themselves
(``from scaicontrol_core.kernel.money import Money``); this package re-exports nothing, so
that reading one name never pays for the rest.
"""
