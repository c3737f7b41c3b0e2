"""What may be shown of every set of an audit, figure by figure.

Owns: which rows make up which figures.  Does not own: the rule (`engine.audit.shown`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vedette.engine.audit.rates import tally_of
from vedette.engine.audit.reading import Counted, Reading
from vedette.engine.audit.shown import Flags, also_shown, rates_shown
from vedette.stats.fairness.metrics import GROUP_METRICS


@dataclass(frozen=True, eq=False)
class Seen:
    """What may be shown of one set.

    Shapes: `groups` bool[G], `rates` [M, G] by GROUP_METRICS, `numbers` [G] by measure, `scored`
    [G] where rows with a score and a label count.
    """

    groups: Flags
    rates: Flags
    numbers: Sequence[Flags]
    scored: Flags


def seen_of(
    reading: Reading, counted: Counted, shown: Mapping[str, Flags], least: int
) -> dict[str, Seen]:
    """Tell what may be shown of every set.  Shapes: `shown` bool[G], groups of enough rows.

    Bounds: of a set without decisions no rate is, as there is none.
    """
    sets = reading.grouping.sets
    tallies = {key: tally_of(cube, reading.grouping) for key, cube in counted.cubes.items()}
    rates = rates_shown(sets, tallies, shown, least)
    sizes = {key: one.scored.astype(np.int64) for key, one in tallies.items()}
    labelled = {key: flags[-1] for key, flags in rates.items()}  # the last is the base rate
    scored = also_shown([one for one in sets if one.key in sizes], sizes, labelled, least)
    numbers: dict[str, list[Flags]] = {one.key: [] for one in sets}
    for at in range(len(reading.measures)):
        counts = {one.key: counted.measured[one.key].counts[at] for one in sets}
        rows = {key: own.sum(axis=1).astype(np.int64) for key, own in counts.items()}
        for key, flags in also_shown(sets, rows, shown, least).items():
            numbers[key].append(flags)
    found = {}
    for one in sets:
        none = np.zeros((len(GROUP_METRICS), len(one)), np.bool_)
        found[one.key] = Seen(
            shown[one.key],
            rates.get(one.key, none),
            numbers[one.key],
            scored.get(one.key, none[0]),
        )
    return found
