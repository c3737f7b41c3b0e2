"""Which neighbourhoods of a table gained or lost rows, said by their columns.

Owns: neighbourhoods of two columns' places, what was to be expected of them, words.  Does not own:
whether a pair changed at all (`dependence_watch`, `together`).

A neighbourhood is a place of one column together with a place of another.  Its rows are held
against those that the columns' own shares of now would give if they still went together as in the
reference: what one column does alone is no news of two.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vedette.core.words import number, percent
from vedette.profiles.associations import Associations
from vedette.profiles.binning import Binning, NominalBinning
from vedette.sketches.pairwise import Pairwise
from vedette.stats.association import raked

Array = NDArray[np.float64]

SHOWN = 3  # names of a place that stands for several


@dataclass(frozen=True)
class Neighbourhood:
    """Places of two columns with their share of the rows.

    Units: shares of the rows with both values: in the reference, now, and `expected` now from the
    columns' own shares; z of now against expected, by counting alone.
    """

    columns: tuple[str, str]
    words: str
    before: float
    now: float
    expected: float
    z: float

    @property
    def statement(self) -> str:
        """One sentence without its end."""
        text = f"{percent(self.before)} of rows in the reference, {percent(self.now)} now"
        return f"{self.words}: {text}"


def neighbourhoods(
    held: Associations,
    binnings: Mapping[str, Binning],
    counts: Pairwise,
    pairs: NDArray[np.integer],
) -> tuple[Neighbourhood, ...]:
    """The neighbourhood of each of some pairs that gained or lost most.

    Shapes: places of pairs -> one each, in their order.
    """
    names, (first, second) = held.plan.columns, held.plan.pairs
    tables = counts.tables[pairs].astype(np.float64)
    m, n = (one.sum((1, 2)) for one in (held.plan.counts.tables[pairs], tables))
    usual = raked(held.shares[pairs], tables.sum(2), tables.sum(1))
    spread = usual + usual**2 / np.maximum(m, 1)[:, None, None]  # the reference has noise, too
    z = (tables - usual) / np.sqrt(np.maximum(spread, 1.0))
    found = []
    for row, pair in enumerate(pairs.tolist()):
        a, b = np.unravel_index(int(np.abs(z[row]).argmax()), z[row].shape)
        rows = max(float(n[row]), 1.0)
        columns = names[first[pair]], names[second[pair]]
        told = [
            place_words(held, name, binnings[name], int(place))
            for name, place in sorted(zip(columns, (a, b), strict=True))  # of any table's order
        ]
        before = held.plan.counts.tables[pair, a, b] / max(float(m[row]), 1.0)
        found.append(
            Neighbourhood(
                columns,
                " and ".join(told),
                float(before),
                float(tables[row, a, b] / rows),
                float(usual[row, a, b] / rows),
                float(z[row, a, b]),
            )
        )
    return tuple(found)


def place_words(held: Associations, column: str, binning: Binning, place: int) -> str:
    """Say which values of a column a place holds."""
    at = held.plan.columns.index(column)
    if isinstance(binning, NominalBinning):
        places = held.plan.parts["places"][at, : len(binning.names) + 1]
        own = [binning.names[k] for k in np.flatnonzero(places[:-1] == place).tolist()]
        if len(own) == 1 and places[-1] != place:
            return f"`{column}` = {own[0]}"
        named = [binning.names[k] for k in np.flatnonzero(places[:-1] != place).tolist()]
        return f"`{column}` not {', '.join(named[:SHOWN])}"
    cuts = [cut for cut in held.plan.parts["cuts"][at].tolist() if np.isfinite(cut)]
    if place == 0:
        return f"`{column}` <= {number(cuts[0])}"
    if place >= len(cuts):
        return f"`{column}` > {number(cuts[-1])}"
    low, high = cuts[place - 1], cuts[place]
    if np.nextafter(low, np.inf) >= high:
        return f"`{column}` = {number(high)}"
    return f"{number(low)} < `{column}` <= {number(high)}"
