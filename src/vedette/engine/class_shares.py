"""How often a class that the settings name occurs, like `error` in the attribute `status`.

Owns: counting such classes in all rows.  Does not own: predicted classes (`profiles.build`), the
series that come of it (`monitors.series`).

Of all rows, those without a value among them: an error is often marked only where there is one.
"""

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from vedette.monitors.series import ANY, is_beside, share_key
from vedette.profiles.baseline import Baseline
from vedette.sketches.readings import Readings


def class_shares(
    batches: Sequence[pa.RecordBatch], shares: Mapping[str, tuple[str, ...]], baseline: Baseline
) -> dict[str, Readings]:
    """A reading of 1 for every row of a class, of 0 for every other; of the class `ANY` are all
    with a value."""
    n, found = sum(batch.num_rows for batch in batches), {}
    wanted = {name: own for name, own in shares.items() if n and is_beside(baseline, name)}
    for column, classes in wanted.items():
        counts = dict.fromkeys(classes, 0)
        for batch in batches:
            place = batch.schema.get_field_index(column)
            if place >= 0:
                values = as_text(batch.column(place))
                if ANY in counts:
                    counts[ANY] += len(values) - values.null_count
                for one in pc.value_counts(values).to_pylist():
                    if one["values"] in counts and one["values"] != ANY:
                        counts[one["values"]] += one["counts"]
        for name, hits in counts.items():
            low, high = float(hits == n), float(hits > 0)
            found[share_key(column, name)] = Readings(n, float(hits), low, high)
    return found


def as_text(values: pa.Array) -> pa.Array:
    """Values as settings spell them; what cannot be spelt is no class."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    try:
        return values.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.nulls(len(values), pa.string())
