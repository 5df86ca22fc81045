"""The simulation: a scenario's business lived through on a virtual clock, and what it left.

``command`` is what is typed, ``founding`` how it begins, ``days`` what happens when, ``acting``,
``reporting_usage`` and ``collecting`` what is done, ``months`` what is counted, ``printing`` what is shown.
"""

from scaicontrol_cli.simulation.command import add_to

__all__ = ["add_to"]
