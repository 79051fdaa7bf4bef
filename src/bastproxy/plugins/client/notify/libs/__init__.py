"""What is noticed, and how often."""
