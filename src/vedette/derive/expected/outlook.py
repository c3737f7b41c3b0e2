"""Asking the auditor.

Owns: a batch of rows in, what is expected of each out.  Does not own: what is summed of that
(`profiles.graded_rows`).
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.derive.expected.aims import Aims
from vedette.derive.expected.channel import TREES, Channel
from vedette.derive.expected.places import Places
from vedette.profiles.auditor import Auditor
from vedette.profiles.graded_rows import Predictions, read_predictions
from vedette.profiles.grading import Grading

MODELS = 64  # whose auditors are held ready: a batch of one row would wait for little else


class _Ready(NamedTuple):
    """An auditor taken out of its arrays.  Shapes: `used` which of its columns a tree asks for."""

    aims: Aims
    places: Places
    channels: tuple[Channel, ...]
    used: tuple[bool, ...]


@lru_cache(maxsize=MODELS)
def _ready(auditor: Auditor, grading: Grading) -> _Ready:
    aims = Aims.of(grading, auditor.parts)
    trees = auditor.kind == TREES
    places = Places.of(auditor.columns, auditor.parts) if trees else Places((), ())
    starts = places.starts if trees else np.zeros(1, np.int64)
    channels = tuple(
        Channel.of(link, str(i), auditor.parts, starts) for i, link in enumerate(aims.links)
    )
    asked = [c.trees.used() for c in channels if c.trees is not None]
    used = tuple(np.any(asked, axis=0).tolist()) if trees else ()
    return _Ready(aims, places, channels, used)


def outlook(
    batch: pa.RecordBatch, auditor: Auditor, grading: Grading, said: Predictions | None = None
) -> NDArray[np.float64]:
    """Say what is expected of every row before its label is known.

    Shapes: n rows; `said` are their predictions, where they were read before; float64[n, L], the
    chance of every class (they sum to 1), or float64[n, 3], the expected absolute error, squared
    error and loss.  A column that is absent reads as missing.
    Assumes that labels depend on the row and its score as they did in the reference.
    """
    aims, places, channels, used = _ready(auditor, grading)
    said = read_predictions(batch, grading) if said is None else said
    codes = places.read(batch, used) if auditor.kind == TREES else None
    pairs = zip(channels, aims.bases(said, auditor.kind), strict=True)
    return aims.together(said, [c.expect(auditor.kind, base, codes) for c, base in pairs])
