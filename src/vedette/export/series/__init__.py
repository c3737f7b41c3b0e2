"""Time series for readers outside: what is told, under which names, and its samples over time."""
