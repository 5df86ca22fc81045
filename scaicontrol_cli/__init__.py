"""ScaiControl on the command line: each command calls the use case its HTTP route calls, and prints a table or JSON."""
