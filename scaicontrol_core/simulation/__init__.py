"""Simulation: a business that never was, lived through day by day on a clock of its own.

A scenario says who the customers are and how they behave; what each of them does on which day is
decided here, purely, from a seed: the same scenario and seed give the same business to the last
byte. Whoever drives it (the command line does) turns the actions into calls of use cases.
"""

from scaicontrol_core.simulation.randomness import Stream
from scaicontrol_core.simulation.reading import read_scenario
from scaicontrol_core.simulation.scenario import Scenario
from scaicontrol_core.simulation.virtual import SeededIds, VirtualClock

__all__ = ["Scenario", "SeededIds", "Stream", "VirtualClock", "read_scenario"]
