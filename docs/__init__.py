"""The documentation: pages written by hand, and the program that writes those made from the code."""
