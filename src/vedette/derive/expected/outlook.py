"""Asking the auditor.

Owns: a batch of rows in, what is expected of each out.  Does not own: what is summed of that
(`profiles.graded_rows`).
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.derive.expected.aims import Aims
from vedette.derive.expected.channel import TREES, Channel
from vedette.derive.expected.places import Places
from vedette.profiles.auditor import Auditor
from vedette.profiles.graded_rows import read_predictions
from vedette.profiles.grading import Grading


def outlook(batch: pa.RecordBatch, auditor: Auditor, grading: Grading) -> NDArray[np.float64]:
    """Say what is expected of every row before its label is known.

    Shapes: n rows; float64[n, L], the chance of every class (they sum to 1), or float64[n, 3], the
    expected absolute error, squared error and loss.  A column that is absent reads as missing.
    Assumes that labels depend on the row and its score as they did in the reference.
    """
    aims, said = Aims.of(grading, auditor.parts), read_predictions(batch, grading)
    bases, links = aims.bases(said, auditor.kind), aims.links
    codes, starts = None, np.zeros(1, np.int64)
    places = Places((), ())
    if auditor.kind == TREES:
        places = Places.of(auditor.columns, auditor.parts)
        starts = places.starts
    channels = [Channel.of(link, str(i), auditor.parts, starts) for i, link in enumerate(links)]
    if auditor.kind == TREES:
        used = np.any([c.trees.used() for c in channels if c.trees is not None], axis=0)
        codes = places.read(batch, used.tolist())
    pairs = zip(channels, bases, strict=True)
    return aims.together(said, [c.expect(auditor.kind, base, codes) for c, base in pairs])
