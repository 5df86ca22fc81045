"""VIES, the Commission's register of VAT numbers: one client of our own, for what others get wrong.

An outage is never a "no"; the seller's own number goes along, so that answers bear a consultation
number; one question at a time per member state.
"""

from scaicontrol_adapters.vies.register import ViesRegister

__all__ = ["ViesRegister"]
