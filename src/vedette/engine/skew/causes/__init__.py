"""Why two values of one row differ: one small file per cause, a literal catalog, and a judge."""
