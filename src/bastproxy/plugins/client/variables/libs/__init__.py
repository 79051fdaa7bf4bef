"""The file of the variables."""
