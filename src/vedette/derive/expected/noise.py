"""How far estimates of the reference's own parts lay from the truth, beyond sampling.

Owns: this, by metric.  Does not own: the metrics (`stats.performance`), what is made of it
(`stats.trust`).
"""

import numpy as np
from numpy.typing import NDArray

from vedette.profiles.graded_rows import Labels, Predictions, expected, realised
from vedette.profiles.grading import Grading, facts_of
from vedette.sketches.graded import Graded
from vedette.stats.performance.metrics import measure
from vedette.stats.performance.sums import Facts, Sums
from vedette.stats.trust import beyond_sampling

PARTS = 20  # of the reference, at most
LEAST = 200  # labelled rows of a part


def noise_of(
    said: Predictions,
    labels: Labels,
    unseen: NDArray[np.float64],
    grading: Grading,
    order: NDArray[np.intp],
) -> dict[str, float]:
    """The standard deviation of estimate minus truth over parts of the reference in time, by
    metric and of the `loss`, less what the drawing of labels explains.

    Shapes: n rows, `unseen` out of fold, `order` by time.  Metrics that no two parts can tell are
    left out.
    """
    known = order[(said.usable & labels.usable)[order]]
    parts = min(PARTS, len(known) // LEAST)
    if parts < 2:
        return {}
    facts = facts_of(grading)
    gaps: dict[str, list[tuple[float, float]]] = {}
    where = {str(i): np.sort(part) for i, part in enumerate(np.array_split(known, parts))}
    # Only labelled rows on either side: the two must be of the same rows.
    ahead = unseen.copy()
    ahead[~(said.usable & labels.usable)] = np.nan
    ours, theirs = expected(said, ahead, grading, where), realised(said, labels, grading, where)
    for part in where:
        told, guessed = _told(theirs[part], facts), _told(ours[part], facts)
        for name, (guess, se) in guessed.items():
            if np.isfinite(guess - told[name][0]):
                gaps.setdefault(name, []).append((guess - told[name][0], se))
    return {name: beyond_sampling(*np.array(g).T) for name, g in gaps.items() if len(g) > 1}


def _told(graded: Graded, facts: Facts) -> dict[str, tuple[float, float]]:
    """Every metric and the loss, with the standard error."""
    loss, variance, _ = Sums(graded, facts).mean_variance("loss")
    found = {name: (m.value, m.se) for name, m in measure(graded, facts).items()}
    return {**found, "loss": (loss, float(np.sqrt(variance)))}
