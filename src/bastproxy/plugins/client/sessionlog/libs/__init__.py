"""The parts of the session log: from what passes to lines, looks, and files."""
