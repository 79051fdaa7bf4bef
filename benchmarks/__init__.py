"""What the proxy costs, beside what the same thing costs without it."""
