"""What is done with users, groups, roles and the directory."""
