"""Whole-table drift: can a classifier tell the two tables apart, and by which columns?

Owns: the cross-fitted domain classifier, its AUC with an interval, the columns that give the change
away.  Does not own: choosing and encoding rows (`engine.joint`).  The only monitor that needs rows;
it runs on request, on at most ROWS rows a side.

Folds are contiguous blocks of rows, so that neighbours (one user, one hour) do not stand on both
sides of a split.  The test is against an AUC of 0.5 for "changed" and of LIMIT for "matters"
(statistics: DeLong, DeLong & Clarke-Pearson 1988; domain classifiers: Lopez-Paz & Oquab 2017,
Rabanser, Guennemann & Lipton 2019).  The models of the folds share most of their rows, so the mean
of the folds' AUCs varies more than independent folds would: its variance is taken as (1/k +
test/train) times that of one fold (Nadeau & Bengio 2003, Machine Learning 52).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from vedette.core.words import number
from vedette.monitors.finding import Finding
from vedette.stats.auc import auc

MONITOR = "joint"
ROWS = 20_000  # rows a side
LEAST = 100  # fewer rows a side than this cannot be cross-fitted
FOLDS = 5
LIMIT = 0.55  # an AUC below this does not matter: about a shift of 0.18 sd in one column
SHOWN = 10  # columns listed


@dataclass(frozen=True)
class JointDrift:
    """What the classifier found.  Shapes: columns by falling importance, the loss of AUC when a
    column is shuffled."""

    auc: float
    low: float
    high: float
    rows: int
    columns: tuple[tuple[str, float], ...]
    finding: Finding


def joint_drift(
    reference: NDArray[np.float64],
    current: NDArray[np.float64],
    names: Sequence[str],
    nominal: NDArray[np.bool_],
) -> JointDrift:
    """Cross-fit a classifier of "which table" and say how well it does on rows it has not seen.

    Shapes: float64[m, columns] and float64[n, columns], NaN for missing, codes below 255 in nominal
    columns.
    """
    rows = min(len(reference), len(current))
    if rows < LEAST:
        return _unknown(rows, f"{rows} rows a side are too few for a domain classifier ({LEAST})")
    x = np.concatenate([reference, current])
    y = np.repeat([0, 1], [len(reference), len(current)])
    fold = np.concatenate([_blocks(len(reference)), _blocks(len(current))])
    parts, losses = [], np.zeros(len(names))
    for held in range(FOLDS):
        model = _classifier(nominal).fit(_seen(x[fold != held]), y[fold != held])
        inside, truth = x[fold == held], y[fold == held]
        part = auc(model.predict_proba(inside)[:, 1], truth)
        parts.append(part)
        for j in range(len(names)):
            shuffled = inside.copy()
            shuffled[:, j] = np.random.Generator(np.random.PCG64(j)).permutation(inside[:, j])
            losses[j] += part.auc - auc(model.predict_proba(shuffled)[:, 1], truth).auc
    area = float(np.mean([part.auc for part in parts]))
    spread = float(np.mean([part.se**2 for part in parts]))
    se = float(np.sqrt(spread * (1 / FOLDS + 1 / (FOLDS - 1))))
    order = np.argsort(-losses)[:SHOWN]
    columns = tuple((names[j], float(losses[j] / FOLDS)) for j in order if losses[j] > 0)
    return _said(area, se, rows, columns, len(reference), len(current))


def _said(
    auc: float, se: float, rows: int, columns: tuple[tuple[str, float], ...], m: int, n: int
) -> JointDrift:
    low, high = auc - 1.96 * se, min(auc + 1.96 * se, 1.0)
    se = max(se, 1e-9)
    first = ", ".join(f"`{name}`" for name, _ in columns[:3])
    reason = (
        f"a classifier tells the tables apart with AUC {number(auc, 3)}"
        f" ({number(low, 3)} to {number(high, 3)})" + (f", mostly by {first}" if first else "")
    )
    finding = Finding(
        monitor=MONITOR,
        component="joint",
        column="(all columns)",
        observed=auc,
        expected=0.5,
        effect=auc - 0.5,
        unit="AUC",
        low=low - 0.5,
        high=high - 0.5,
        magnitude=max(2 * auc - 1, 0.0),
        p=float(ndtr(-(auc - 0.5) / se)),
        p_margin=float(ndtr(-(auc - LIMIT) / se)),
        n_baseline=m,
        n_window=n,
        min_effect=LIMIT - 0.5,
        reason=reason,
    )
    return JointDrift(auc, low, high, rows, columns, finding)


def _unknown(rows: int, reason: str) -> JointDrift:
    finding = Finding(
        monitor=MONITOR,
        component="joint",
        column="(all columns)",
        p=1.0,
        p_margin=1.0,
        n_baseline=rows,
        n_window=rows,
        min_effect=LIMIT - 0.5,
        reason=reason,
    )
    nan = float("nan")
    return JointDrift(nan, nan, nan, rows, (), finding)


def _seen(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same rows, with columns that hold no value at all set to 0: the trees cannot bin them."""
    empty = np.isnan(x).all(axis=0)
    return np.where(empty, 0.0, x)


def _blocks(rows: int) -> NDArray[np.intp]:
    return np.arange(rows) * FOLDS // rows


def _classifier(nominal: NDArray[np.bool_]):  # type: ignore[no-untyped-def]
    """Boosted trees, small enough to be quick and honest; scikit-learn takes a second to load,
    hence here."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=80,
        max_leaf_nodes=15,
        learning_rate=0.08,
        min_samples_leaf=40,
        l2_regularization=5.0,
        categorical_features=nominal,
        early_stopping=False,
        random_state=0,
    )
