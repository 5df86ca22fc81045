"""ScaiControl on the command line: each command calls the same use case the HTTP route calls, and prints a table or JSON."""
