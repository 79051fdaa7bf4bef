"""What an alias is, and all of them together."""
