"""The demo: some twenty customers of a year, from a catalogue file to invoices.

Files of its own stand beside this module; ``load`` is what happens, ``command`` what is typed,
``report`` what is shown.
"""

from scaicontrol_cli.demo.command import add_to

__all__ = ["add_to"]
