"""What a profile says of how well a model is seen.

Owns: under which keys it is held: no metric can be logged by such a name.  Does not own: counting
it (`engine.sight`), who watches it (`monitors.blindness`).
"""

LATE, AHEAD = "late", "ahead"  # events after the end of their window, and from the future
REFUSED, LOST = "refused", "lost"  # events that did not get in, and that their sender gave up
COUNTED = (LATE, AHEAD, REFUSED, LOST)
WEIGHT = "weight"  # of rows that do not stand for themselves alone
GUESSED = "guessed"  # rows without a time of their own


def sight_key(what: str) -> str:
    """Where the count of something is held."""
    return f"\nsight\n{what}"


def filled_key(column: str) -> str:
    """Where it is held how many rows of a column have content."""
    return f"\nfilled\n{column}"
