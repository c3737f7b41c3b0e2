"""The terms of graded rows, task by task: losses and what else is summed.

Owns: the numbers that `profiles.grading.terms_of` names.  Does not own: summing them
(`sketches.graded`), metrics made of the sums (`stats.performance`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vedette.profiles.grading import Grading, terms_of
from vedette.profiles.lists import Lists
from vedette.sketches.graded import Terms

# A score of exactly 0 or 1 that is wrong: what scikit-learn's log_loss takes it for.
SURE = float(np.finfo(np.float64).eps)
Named = dict[str, NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class Columns:
    """What was said of n rows that are graded.  Shapes: as `profiles.graded_rows.Predictions`, with
    0 where there is no score."""

    n: int
    codes: NDArray[np.intp]
    scores: NDArray[np.float64]
    places: NDArray[np.intp]
    numbers: NDArray[np.float64]
    lists: Lists | None


def realised_terms(
    said: Columns,
    label: NDArray[np.intp],
    number: NDArray[np.float64],
    lists: Lists | None,
    grading: Grading,
) -> Terms:
    """Give the terms of rows whose label is known; None for a term that is 0 everywhere.

    Shapes: n rows, as `terms_of` lists them.
    """
    if grading.task == "ranking":
        assert said.lists is not None
        assert lists is not None
        ranked = said.lists.graded(lists, grading.top)
        named = {"loss": 1 - ranked["ndcg"], **ranked}
    elif grading.task == "regression":
        named = _errors(said.numbers, number, grading)
    else:
        named = {"loss": (said.codes != label).astype(np.float64)}
        if grading.scores and grading.chances:
            named |= _scored(said, label, grading)
    return _listed(named, said.n, grading)


def expected_terms(said: Columns, outlook: NDArray[np.float64], grading: Grading) -> Terms:
    """Give the terms of rows whose label is only expected.

    Shapes: outlook float64[L, n] chances, or float64[3, n] of E|error|, E error^2, E loss.
    """
    if grading.task == "ranking":
        loss = outlook[2]
        named = {"loss": loss, "ndcg": 1 - loss, "variance": loss * (1 - loss)}
    elif grading.task == "regression":
        named = _expected_errors(said.numbers, outlook, grading)
    else:
        right = outlook[said.codes, np.arange(said.n)]
        named = {"loss": 1 - right, "variance": right * (1 - right)}
        if grading.task == "binary":
            named["positive_variance"] = named["variance"] * (said.codes == 1)
        if grading.scores and grading.chances:
            named |= _expected_scored(said, outlook, grading)
    return _listed(named, said.n, grading)


def _listed(named: Named, n: int, grading: Grading) -> Terms:
    return [np.ones(n) if name == "one" else named.get(name) for name in terms_of(grading)]


# --- classification -------------------------------------------------------------------------------


def _scored(said: Columns, label: NDArray[np.intp], grading: Grading) -> Named:
    """Log loss and Brier of scores that are chances; 0 where a row has none."""
    scored = said.places[0] < grading.bins
    if len(said.scores) == 1:
        score = said.scores[0]
        of_label = np.where(label == 1, score, 1 - score)
        brier = (1 - of_label) ** 2
    else:
        of_label = said.scores[label, np.arange(said.n)]
        brier = np.einsum("ci,ci->i", said.scores, said.scores) + 1 - 2 * of_label
    log_loss = -np.log(np.clip(of_label, SURE, 1 - SURE))
    if not scored.all():
        log_loss, brier = log_loss * scored, brier * scored
    return {"scored": scored.astype(np.float64), "log_loss": log_loss, "brier": brier}


def _expected_scored(said: Columns, chances: NDArray[np.float64], grading: Grading) -> Named:
    """What `_scored` is on average over the label, and its variance given the chances."""
    scored = (said.places[0] < grading.bins).astype(np.float64)
    by_class = said.scores if len(said.scores) > 1 else np.stack([1 - said.scores[0], *said.scores])
    logs = -np.log(np.clip(by_class, SURE, 1 - SURE))
    if len(said.scores) == 1:
        briers = (1 - by_class) ** 2
    else:
        briers = np.einsum("ci,ci->i", by_class, by_class) + 1 - 2 * by_class
    named = {"scored": scored}
    for name, losses in (("log_loss", logs), ("brier", briers)):
        mean = np.einsum("ci,ci->i", chances, losses)
        square = np.einsum("ci,ci,ci->i", chances, losses, losses)
        named[name] = mean * scored
        named[f"{name}_variance"] = np.maximum(square - mean**2, 0) * scored
    return named


# --- regression -----------------------------------------------------------------------------------


def _errors(predicted: NDArray[np.float64], label: NDArray[np.float64], grading: Grading) -> Named:
    error = predicted - label
    absolute = np.abs(error)
    centred = label - grading.centre
    measurable = label != 0
    percentage = np.divide(absolute, np.abs(label), out=np.zeros(len(label)), where=measurable)
    named = {
        "loss": np.minimum(absolute / grading.scale, 1.0),
        "error": error,
        "absolute": absolute,
        "squared": error**2,
        "percentage": percentage,
        "measurable": measurable.astype(np.float64),
        "label": centred,
        "label_squared": centred**2,
    }
    for q in grading.quantiles:
        named[f"pinball@{q:g}"] = np.maximum(-q * error, (1 - q) * error)
    return named


def _expected_errors(
    predicted: NDArray[np.float64], outlook: NDArray[np.float64], grading: Grading
) -> Named:
    """The label is expected at the prediction, which is right where errors average to 0; bias,
    percentages and quantile losses cannot be told without one."""
    absolute, squared, loss = outlook
    squared = np.maximum(squared, absolute**2)
    centred = predicted - grading.centre
    return {
        "loss": loss,
        "absolute": absolute,
        "squared": squared,
        "label": centred,
        "label_squared": centred**2 + squared,
        # A loss capped at 1 has a square of at most itself.
        "variance": np.maximum(np.minimum(loss, squared / grading.scale**2) - loss**2, 0),
        "absolute_variance": squared - absolute**2,
        "squared_variance": _variance_of_square(absolute, squared),
    }


def _variance_of_square(
    mean: NDArray[np.float64], square: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Variance of error^2 were |error| a gamma variable of this mean and mean square: exact for
    Laplace errors, 35 % above for normal ones."""
    variance = square - mean**2
    some = (variance > 0) & (mean > 0)
    shape = np.divide(mean**2, variance, out=np.ones(len(mean)), where=some)
    fourth = square**2 * (shape + 2) * (shape + 3) / (shape * (shape + 1))
    return np.where(some, np.maximum(fourth - square**2, 0), 0.0)
