"""The engine of what is typed, and the file that keeps what players define."""
