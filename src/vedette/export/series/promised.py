"""How the objectives of a model stood over time: burn rates, what is left of budgets of errors.

Owns: making gauges of what is kept of windows.  Does not own: the bytes (`engine.standings`), which
windows are read (`export.series.book`).
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from vedette.core.durations import spell
from vedette.engine.standings import LENGTHS, LONG, Standings
from vedette.export.series.seen import gauge, width_of
from vedette.export.series.series import Allows, Series, Wanted, in_order

TARGET, LEFT = "vedette_objective_target_ratio", "vedette_objective_budget_left_ratio"
RATE, LIMIT = "vedette_objective_burn_rate", "vedette_objective_burn_limit"
PROMISED = (TARGET, LEFT, RATE, LIMIT)


def promised(model: str, kept: Standings, wanted: Wanted, allows: Allows) -> Iterator[Series]:
    """The objectives, without those about columns that may not be told of.

    One whose meaning or target changed under the same name goes on as the same series.
    """
    every = width_of(kept.starts, kept.ends)
    for name in dict.fromkeys(one.name for one in kept.named):
        own = [at for at, one in enumerate(kept.named) if one.name == name]
        if not all(allows("", kept.named[at].column, "") for at in own):
            continue
        labels = {"model": model, "objective": name}
        for series, length, values in _numbers(kept):
            if wanted(series):
                # Of a window one alone is known.
                known = np.fmax.reduce(values[:, own], axis=1)
                named = in_order({**labels, "window": length})
                yield from gauge(series, named, kept.ends, known, every)


def _numbers(kept: Standings) -> Iterator[tuple[str, str, NDArray[np.float64]]]:
    """What there is of every objective: the name of the series, its window, float64[W, S]."""
    yield TARGET, "", kept.target
    yield LEFT, "", kept.left
    for name, lengths, values in ((RATE, LENGTHS, kept.burn), (LIMIT, LONG, kept.limit)):
        for at, length in enumerate(lengths):
            yield name, window_of(length), values[:, :, at]


def window_of(length: int) -> str:
    """A length of time as PromQL spells it.

    Example:
        >>> [window_of(length) for length in LENGTHS]
        ['5m', '30m', '1h', '6h', '3d']
    """
    return spell(length).replace(" ", "").replace("min", "m")
