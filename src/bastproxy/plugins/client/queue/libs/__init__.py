"""The engines of the queue: what waits for an answer, and what is held back as spam."""
