"""How well a model is seen: what its rows say of that, and what came that is in no row.

Owns: counting it into the window under way.  Does not own: what is made of it
(`monitors.blindness`), readings that the server makes of refused and lost events
(`engine.service`).

Events that came late, or too early, are counted in the window in which they came: those that they
belong to have ended, or have not begun.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vedette.core import rows as columns
from vedette.core.windows import Window
from vedette.engine.class_shares import as_text
from vedette.engine.model import ModelState
from vedette.engine.reached import weights_of
from vedette.profiles.baseline import Baseline
from vedette.profiles.profile import Profile
from vedette.profiles.sight import LOST, NEW, REFUSED, TIMED, WEIGHT, filled_key, sight_key
from vedette.sketches.readings import Readings

TEXTS = ("text_input", "text_output")  # roles of what goes in and comes out
GUESSED = '"time_quality"'  # stands in what is kept of an event without a time of its own
OWN: Mapping[str, str] = MappingProxyType({columns.REFUSED: REFUSED, columns.LOST: LOST})
MOST_NEW = 50  # columns that the baseline does not have, of one window
EXPECTED = frozenset((*columns.RESERVED, *columns.SPAN_ROLES, columns.ERROR_TYPE))


def seen(batches: Sequence[pa.RecordBatch], baseline: Baseline) -> dict[str, Readings]:
    """What rows say: for how many events they stand, whether texts have content, times that were
    guessed, columns that nothing watches.

    Example:
        >>> import vedette as vd
        >>> known = vd.Baseline.fit(pa.table({"x": [1.0, 2.0]}))
        >>> batch = pa.record_batch({"x": [1.0, 2.0], "_weight": [10.0, 10.0], "y": ["a", None]})
        >>> found = seen([batch], known)
        >>> [key.strip().replace("\\n", " ") for key in found], found[sight_key(WEIGHT)].low
        (['sight weight', 'new y'], 10.0)
    """
    n = sum(batch.num_rows for batch in batches)
    if not n:
        return {}
    found: dict[str, Readings] = {}
    weights = np.concatenate([weights_of(batch) for batch in batches])
    if (weights != 1).any():
        found[sight_key(WEIGHT)] = Readings.of(weights)
    for field in baseline.schema.fields:
        if field.role in TEXTS:
            found[filled_key(field.name)] = _of(sum(_filled(b, field.name) for b in batches), n)
    guessed = sum(map(_guessed, batches))
    if guessed:
        found[sight_key(TIMED)] = _of(n - guessed, n)
    for name in _new(batches, baseline):
        found[NEW + name] = _of(sum(_filled(batch, name) for batch in batches), n)
    return found


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
    counts = dict.fromkeys(OWN.values(), 0.0)
    for name, value in zip(
        rows[columns.METRIC].to_pylist(), rows[columns.VALUE].to_pylist(), strict=True
    ):
        if name in OWN:
            counts[OWN[name]] += value
    return noted(state, counts)


def others(rows: pa.RecordBatch) -> pa.RecordBatch:
    """Readings that somebody logged; the same rows where all are."""
    own = pc.is_in(rows[columns.METRIC], value_set=pa.array(list(OWN)))
    return rows.filter(pc.invert(own)) if pc.any(own).as_py() else rows


def _new(batches: Sequence[pa.RecordBatch], baseline: Baseline) -> list[str]:
    """Columns that the baseline does not have, in the order in which they come."""
    if not baseline.schema.fields:  # nothing is known of any column yet
        return []
    known = {field.name for field in baseline.schema.fields}
    named = dict.fromkeys(name for batch in batches for name in batch.schema.names)
    found = [
        name
        for name in named
        if name not in known and name not in EXPECTED and not name.startswith("score.")
    ]
    return found[:MOST_NEW]


def _of(hits: int, n: int) -> Readings:
    """A reading of 1 for each of the hits, of 0 for the rest."""
    return Readings(n, float(hits), float(hits == n), float(hits > 0))


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
    return pc.sum(pc.match_substring(as_text(batch.column(place)), GUESSED)).as_py() or 0
