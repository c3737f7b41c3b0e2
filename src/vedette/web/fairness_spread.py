"""How scores are spread in every group, from the rows kept by bin of the score.

Owns: quantiles of the groups that may be shown.  Does not own: keeping the bins
(`engine.kept_performance`), which groups may be shown (`web.fairness`).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.engine.audit.numbers import known
from vedette.engine.audit.shown import shown_of
from vedette.engine.kept_performance import KIND, SCORES
from vedette.profiles.codec_sums import cube_parts
from vedette.profiles.cube_sums import shape_of, whole_cube
from vedette.sketches.cube import Cube
from vedette.stats.fairness.distribution import QUANTILES
from vedette.stats.fairness.quantiles import quantiles_of
from vedette.web.fairness import Treated
from vedette.web.history.past import MOST

Floats = NDArray[np.float64]


def spread_rows(asked: Treated) -> list[dict[str, Any]]:
    """Quantiles and mean of the score in every group that may be shown, and in the rest."""
    grouping = asked.grouping
    if grouping.shape[2] < 3:
        return []
    key, past = asked.groups.key, asked.one.past
    cubes = past.memo.get(
        ("scores by group", past.model, past.now, past.baseline and past.baseline.id,
         asked.found.span),
        lambda: _cubes(asked),
    )  # fmt: skip
    cube = cubes[key]
    # Sums over all groups follow from other sets: groups with few scores must not follow from them.
    sizes = {name: one.counts[..., :-1].sum(axis=(1, 2, 3)) for name, one in cubes.items()}
    scored = shown_of(grouping.sets, sizes, asked.limits.minimum)[key] & asked.shown[key]
    edges = grouping.grading.edges[0]
    baseline = past.baseline
    before = None if baseline is None else baseline.profile.cubes.get(key)
    was = {} if before is None else _medians(before, edges, asked.limits.minimum)
    counts = cube.counts[..., :-1].sum(axis=(1, 2))
    told, total = quantiles_of(counts, _ends(edges), QUANTILES), cube.scores.sum(axis=1)[:, 0]
    rows = []
    for place, group in enumerate(asked.groups.labels[:-2]):
        n = int(counts[place].sum())
        if n < asked.limits.minimum or not scored[place]:
            continue
        rows.append(
            {
                "group": group,
                "name": asked.groups.spoken(group),
                "n": n,
                **{f"q{round(100 * q)}": known(told[place, at]) for at, q in enumerate(QUANTILES)},
                "mean": known(total[place] / n),
                "reference": was.get(place)
                if (("selection_rate", group) in asked.before)
                else None,
            }
        )
    return rows


def _cubes(asked: Treated) -> dict[str, Cube]:
    """The rows of the whole stretch by group and bin of the score, of every set."""
    past, span, grouping = asked.one.past, asked.found.span, asked.grouping
    assert past.baseline is not None
    entries = past.store.read(KIND, past.model, span.start, span.end, prefix=SCORES, limit=MOST)
    parts = [part for one in entries for part in cube_parts(one.body, past.baseline.id)]
    return {
        one.key: whole_cube(
            [part for part in parts if part.key == one.key],
            shape_of(grouping, len(one), binned=True),
        )
        for one in grouping.sets
    }


def _medians(cube: Cube, edges: Floats, least: int) -> Mapping[int, float | None]:
    counts = cube.counts[..., :-1].sum(axis=(1, 2))
    found = quantiles_of(counts, _ends(edges), (0.5,))[:, 0]
    return {at: known(x) for at, x in enumerate(found) if counts[at].sum() >= least}


def _ends(edges: Floats) -> Floats:
    """The limits of all bins; the outermost end where chances do, or are as wide as the next."""
    low, high = float(edges[0]), float(edges[-1])
    if low >= 0 and high <= 1:
        return np.concatenate([[0.0], edges, [1.0]])
    return np.concatenate([[2 * low - float(edges[1])], edges, [2 * high - float(edges[-2])]])
