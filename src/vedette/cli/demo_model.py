"""The demo's model: will a departing flight arrive more than 15 minutes late?

Owns: training it with scikit-learn, its honest score, what it says of a table of flights.  Does
not own: the flights (`cli.flights`), sending what it says (`cli.demo_traffic`).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

LATE = 15  # minutes
NAMES = ("carrier", "origin", "dest")
NUMBERS = ("hour", "dep_delay", "distance", "temp", "humid", "wind_speed", "pressure", "visib")
FEATURES = (*NAMES, *NUMBERS)  # all known when the doors close
FOLDS = 3
SEED = 2013
SURE = 0.03  # no score is served closer to 0 or 1


class Trained(NamedTuple):
    """A model with what it said of its own training rows while it had not seen them.

    Shapes: `unseen` float64[n], out-of-fold scores.  Bounds: `auc` of them, in [0, 1].
    """

    model: Any
    categories: Mapping[str, pa.Array]
    unseen: NDArray[np.float64]
    auc: float

    def score(self, table: pa.Table) -> NDArray[np.float64]:
        """The chance of arriving late, per flight."""
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1):
            scores = self.model.predict_proba(_matrix(table, self.categories))
        return _capped(scores[:, 1])


def departed(table: pa.Table) -> pa.Table:
    """The flights that left: of one that was cancelled nobody asks whether it arrives late."""
    return table.filter(table.column("dep_delay").is_valid())


def truth(table: pa.Table) -> pa.Array:
    """Whether each flight arrived late; null for one that never arrived where it should."""
    late = pc.greater(table.column("arr_delay"), LATE)
    return late.combine_chunks() if isinstance(late, pa.ChunkedArray) else late


def train(table: pa.Table) -> Trained:
    """Train on flights that departed; folds are whole days, since flights of a day are alike."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import GroupKFold
    from threadpoolctl import threadpool_limits  # limits what is loaded by now

    def fitted(matrix: NDArray[np.float64], late: NDArray[np.bool_]) -> Any:
        names = list(range(len(NAMES)))
        model = HistGradientBoostingClassifier(
            categorical_features=names, max_iter=40, random_state=SEED
        )
        return model.fit(matrix, late)

    categories = {name: pc.unique(table.column(name)) for name in NAMES}
    matrix, label = _matrix(table, categories), truth(table)
    known = label.is_valid().to_numpy(zero_copy_only=False)
    late = label.fill_null(False).to_numpy(zero_copy_only=False)
    day = table.column("time_hour").cast(pa.timestamp("s")).to_numpy().astype("M8[D]")
    unseen = np.zeros(len(late))
    with threadpool_limits(1):  # threads that wait for one another crawl on a busy machine
        for rest, part in GroupKFold(FOLDS).split(matrix, late, day):
            rest = rest[known[rest]]
            unseen[part] = fitted(matrix[rest], late[rest]).predict_proba(matrix[part])[:, 1]
        model = fitted(matrix[known], late[known])
    auc = float(roc_auc_score(late[known], unseen[known]))
    return Trained(model, categories, _capped(unseen), auc)


def _capped(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scores as they are served: near 0 and 1 boosting is surer than its training rows allow."""
    return np.clip(scores, SURE, 1 - SURE)


def _matrix(table: pa.Table, categories: Mapping[str, pa.Array]) -> NDArray[np.float64]:
    """What the model reads: names as places among those of the training rows, missing as NaN."""
    codes = [pc.index_in(table.column(name), value_set=categories[name]) for name in NAMES]
    columns = [*codes, *(table.column(name) for name in NUMBERS)]
    kind = pa.float64()
    return np.column_stack([c.cast(kind).to_numpy(zero_copy_only=False) for c in columns])
