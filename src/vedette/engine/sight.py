"""How well a model is seen: what its rows say of that, and what came that is in no row.

Owns: counting it into the window under way.  Does not own: what is made of it
(`monitors.blindness`), readings that the server makes of refused and lost events
(`engine.missing`).

Events that came late, or too early, are counted in the window in which they came: those that they
belong to have ended, or have not begun.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vedette.core import rows as columns
from vedette.core.windows import Window
from vedette.engine.class_shares import as_text
from vedette.engine.missing import missing_in
from vedette.engine.model import ModelState
from vedette.engine.reached import weights_of
from vedette.profiles.baseline import Baseline
from vedette.profiles.discovered import NEW, bounded
from vedette.profiles.profile import Profile
from vedette.profiles.sight import GUESSED, LOST, REFUSED, WEIGHT, filled_key, sight_key
from vedette.sketches.readings import Readings

TEXTS = ("text_input", "text_output")  # roles of what goes in and comes out
QUALITY = '"time_quality"'  # stands in what is kept of an event without a time of its own
OWN: Mapping[str, str] = MappingProxyType({columns.REFUSED: REFUSED, columns.LOST: LOST})
EXPECTED = frozenset((*columns.RESERVED, *columns.SPAN_ROLES, columns.ERROR_TYPE))


def seen(batches: Sequence[pa.RecordBatch], baseline: Baseline) -> dict[str, Readings]:
    """What rows say: for how many events they stand, whether texts have content, times that were
    guessed, columns that nothing watches.

    What is usual is not said: a row stands for itself, its time is its own.

    Example:
        >>> import vedette as vd
        >>> known = vd.Baseline.fit(pa.table({"x": [1.0, 2.0]}))
        >>> batch = pa.record_batch({"x": [1.0, 2.0], "_weight": [10.0, 1.0], "y": ["a", None]})
        >>> found = seen([batch], known)
        >>> [(key.strip().replace("\\n", " "), one.count, one.low) for key, one in found.items()]
        [('sight weight', 1, 10.0), ('new y', 1, 1.0)]
    """
    n = sum(batch.num_rows for batch in batches)
    if not n:
        return {}
    found: dict[str, Readings] = {}
    weights = np.concatenate([weights_of(batch) for batch in batches])
    if (other := weights != 1).any():
        found[sight_key(WEIGHT)] = Readings.of(weights[other])
    for field in baseline.schema.fields:
        if field.role in TEXTS:
            filled = sum(_filled(batch, field.name) for batch in batches)
            found[filled_key(field.name)] = Readings(
                n, float(filled), float(filled == n), float(filled > 0)
            )
    if guessed := sum(map(_guessed, batches)):
        found[sight_key(GUESSED)] = Readings.times(guessed)
    new = {NEW + name: Readings.times(rows) for name, rows in _new(batches, baseline).items()}
    return found | bounded(new, NEW)


def noted(state: ModelState, counts: Mapping[str, float]) -> ModelState:
    """Count into the window under way what is in no row of it."""
    some = {sight_key(what): Readings.of(np.array([n])) for what, n in counts.items() if n > 0}
    plan = state.plan
    if plan is None or not some:
        return state
    at, known = state.base_closed, dict(state.base)
    zero = Profile.zero(plan.baseline.schema.fingerprint, plan.baseline.id)
    made = replace(zero, window=Window(at, at + plan.base_width), metrics=some)
    known[at] = known[at].merge(made) if at in known else made
    return replace(state, base=known)


def told(state: ModelState, rows: pa.RecordBatch) -> ModelState:
    """Count readings that the server made of events that did not come in."""
    return noted(state, {OWN[name]: n for name, n in missing_in(rows).items()})


def others(rows: pa.RecordBatch) -> pa.RecordBatch:
    """Readings that somebody logged; the same rows where all are."""
    own = pc.is_in(rows[columns.METRIC], value_set=pa.array(list(OWN)))
    return rows.filter(pc.invert(own)) if pc.any(own).as_py() else rows


def _new(batches: Sequence[pa.RecordBatch], baseline: Baseline) -> dict[str, int]:
    """Rows that have something in columns that the baseline does not have."""
    if not baseline.schema.fields:  # nothing is known of any column yet
        return {}
    known = {field.name for field in baseline.schema.fields}
    found = Counter[str]()
    for batch in batches:
        for name in batch.schema.names:
            if name not in known and name not in EXPECTED and not name.startswith("score."):
                found[name] += _filled(batch, name)
    return {name: rows for name, rows in found.items() if rows}


def _filled(batch: pa.RecordBatch, name: str) -> int:
    """Rows that have something in a column."""
    place = batch.schema.get_field_index(name)
    if place < 0:
        return 0
    values = batch.column(place)
    there = len(values) - values.null_count
    if there and (pa.types.is_string(values.type) or pa.types.is_dictionary(values.type)):
        there -= pc.sum(pc.equal(as_text(values), "")).as_py() or 0
    return int(there)


def _guessed(batch: pa.RecordBatch) -> int:
    place = batch.schema.get_field_index(columns.REST)
    if place < 0:
        return 0
    return pc.sum(pc.match_substring(as_text(batch.column(place)), QUALITY)).as_py() or 0
