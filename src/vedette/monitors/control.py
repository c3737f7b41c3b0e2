"""The error budget of one comparison, and by what a column may be judged.

Owns: these choices as plain values.  Does not own: carrying them out (`monitors.family`,
`monitors.distance`).
"""

from dataclasses import dataclass

METHODS = (
    "scores",
    "psi",
    "js",
    "hellinger",
    "total_variation",
    "w",
    "chi_square",
    "ks",
    "wasserstein",
)


ORDERED_ONLY = ("ks", "wasserstein")  # distances that categories do not have


@dataclass(frozen=True)
class Control:
    """How much error a comparison may make.

    Bounds: over unchanged columns the chance of any alarm is at most `alpha`; a change of exactly
    `min_effect` alarms with a
    chance of at most `alpha_margin` each; `strict` makes that `alpha` over all columns together.
    """

    alpha: float = 0.05
    alpha_margin: float = 0.01
    strict: bool = False
