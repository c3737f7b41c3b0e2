"""What rows did whose values of a column the reference never showed.

Owns: their part of a change of mean loss, set against the other rows of the same time.  Does not
own: taking the change apart (`stats.attribution`), the verdict (`alerts.harm`).

Nobody knows how hard such rows are but from their labels, and those also carry what happened to
every row: a season, a storm.  So what the other rows lost more, or less, than rows of the same
value did in the reference is taken off.
"""

from math import sqrt
from typing import NamedTuple

from vedette.stats.attribution import Decomposition, Part

LEAST = 30  # other rows below which they say nothing


class Unseen(NamedTuple):
    """What these rows did to the mean loss.

    Bounds: `share` of the rows, in [0, 1].  `compared` is whether there were other rows to set them
    against; if not, `effect` holds everything that happened, whatever its cause.
    """

    share: float
    effect: Part
    compared: bool


def unseen(part: Decomposition) -> Unseen:
    """Say what the rows did that have a value of the column that the reference never showed.

    With q their share: q (l' - L) [what `attribution` calls new] - q / (1 - q) rate.  Assumes that,
    but for the column, they would have moved away from the mean of the reference as the others did
    from rows of their own values: differences in differences.

    Source: Ashenfelter & Card 1985, Review of Economics and Statistics 67, 648-660.
    """
    rows = int(part.rows_now[part.fresh].sum())
    share = rows / part.n_after
    if part.n_after - rows < LEAST:
        return Unseen(share, part.new, False)
    odds = share / (1 - share)
    value = part.new.value - odds * part.rate.value
    return Unseen(share, Part(value, sqrt(part.new.se**2 + (odds * part.rate.se) ** 2)), True)
