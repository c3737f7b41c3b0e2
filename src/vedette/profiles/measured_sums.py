"""Numbers by group of many windows, added up at once.

Owns: the sums of a stretch, from what `profiles.codec_sums.measured_parts` read.  Does not own:
which windows (whoever asks), rates (`profiles.cube_sums`), figures (`stats.fairness`).
"""

from collections.abc import Sequence

import numpy as np

from vedette.profiles.codec_sums import PackedMeasured
from vedette.sketches.measured import Measured


def whole_measured(parts: Sequence[PackedMeasured], groups: int, bins: Sequence[int]) -> Measured:
    """Add up numbers of one set of groups; those of another shape are left out.

    Shapes: `bins` of every number, in the order of the numbers.
    """
    shapes = [(groups, size) for size in bins]
    own = [part for part in parts if [tuple(one[0]) for one in part.counts] == shapes]
    counts = []
    for at, (_, size) in enumerate(shapes):
        each = [part.counts[at] for part in own]
        places = np.frombuffer(b"".join(places.data for _, places, _ in each), "<u4")
        rows = np.frombuffer(b"".join(rows.data for _, _, rows in each), "<i8")
        # Counts are far below 2**53: adding them up as floats is exact.
        total = np.bincount(places.astype(np.int64), rows.astype(np.float64), groups * size)
        counts.append(total.astype(np.int64).reshape(groups, size))
    joined = np.frombuffer(b"".join(part.sums.data for part in own), "<f8").astype(np.float64)
    sums = joined.reshape(len(own), len(shapes), groups, 2).sum(axis=0)
    return Measured(tuple(counts), sums)
