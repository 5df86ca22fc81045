"""ScaiControl in the background: the actors behind reactions to events, and the table of what runs when."""
