"""Users, groups and roles: who there is, and what they were given here."""
