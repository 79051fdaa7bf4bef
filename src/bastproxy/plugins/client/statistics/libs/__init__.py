"""The parts of the statistics: counting, and the table that keeps the counts."""
