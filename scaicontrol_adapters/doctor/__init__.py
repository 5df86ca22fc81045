"""The doctor: looks at every setting and dependency for real, and says how to mend what is wrong."""
