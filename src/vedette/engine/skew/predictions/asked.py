"""What is asked of a replay.

Owns: the options that every step needs.  Does not own: their checks (`made`).
"""

from collections.abc import Sequence
from typing import NamedTuple

from vedette.engine.skew.predictions.unlike import Tolerance, Tolerances


class Asked(NamedTuple):
    """What is read of the online side, and how it is judged.

    Shapes: `near` is the tolerance of predictions, `tolerances` those of features.
    """

    features: Sequence[str]
    logged: Sequence[str]
    near: Tolerance
    tolerances: Tolerances
    threshold: float | None
    batch_rows: int
    workers: int
