"""The tools, one a module, under the names of what they are about."""
