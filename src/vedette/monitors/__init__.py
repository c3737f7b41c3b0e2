"""From two profiles to findings: what is tested, what it is called, and one decision over all of
it."""
