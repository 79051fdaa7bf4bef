"""What players define: their triggers, and the files that keep them."""
