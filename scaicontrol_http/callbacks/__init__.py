"""What other systems tell us, each signed in its own way."""
