"""What is kept: the log of everything that came in, and the small state that follows from it."""
