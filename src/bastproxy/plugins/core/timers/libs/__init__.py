"""What players define: their timers, and the file that keeps them."""
