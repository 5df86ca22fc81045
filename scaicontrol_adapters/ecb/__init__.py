"""Publications of the European Central Bank."""
