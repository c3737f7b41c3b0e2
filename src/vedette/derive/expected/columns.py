"""Which columns the auditor's trees may read, and into which codes.

Owns: the choice.  Does not own: coding (`derive.expected.places`).
"""

import pyarrow as pa

from vedette.derive.expected.places import Places, fine_binning, named_only, numbers, whole
from vedette.profiles.baseline import Baseline
from vedette.profiles.binning import Binning, NominalBinning
from vedette.profiles.grading import Grading

ROLES = ("feature", "segment", "sensitive")
MOST = 40  # columns of the row beside its scores


def read_columns(rows: pa.Table, grading: Grading, baseline: Baseline) -> Places:
    """The score in fine bins, then the row's columns in those of the baseline."""
    binnings: dict[str, Binning] = {}
    for name in graded_columns(grading):
        known = baseline.binnings.get(name)
        predicted = name == grading.prediction and grading.task != "regression"
        if predicted or (name not in grading.scores and isinstance(known, NominalBinning)):
            binnings[name] = named_only(grading.classes)
        elif grading.task != "ranking":
            binnings[name] = fine_binning(numbers(whole(rows, name)))
    arrived = set(rows.column_names)
    for field in baseline.schema.fields:
        fits = field.role in ROLES and field.name in baseline.binnings and field.name in arrived
        if fits and field.name not in binnings and field.name != grading.label:
            binnings[field.name] = _without_known(baseline.binnings[field.name])
    return Places(tuple(binnings), tuple(binnings.values()))


def graded_columns(grading: Grading) -> tuple[str, ...]:
    """The model's own numbers: its scores, else its prediction."""
    names = [name for name in grading.scores if name]
    if not names and grading.prediction is not None:
        names = [grading.prediction]
    return tuple(names)


def _without_known(binning: Binning) -> Binning:
    return named_only(binning.names) if isinstance(binning, NominalBinning) else binning
