"""Fitting how columns of a reference go together.

Owns: which columns are counted in pairs, where their places lie, the directions.  Does not own:
counting (`together`), what windows show (`dependence_variation`).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.core.schema import Schema
from vedette.profiles.binning import Binning, NominalBinning
from vedette.profiles.columns import as_codes, column_or_absent
from vedette.profiles.dependence import ALONG, DIRECTIONS, PLACES, Dependence
from vedette.profiles.numbers import finite
from vedette.profiles.together import Read, read
from vedette.sketches.pairwise import Pairwise
from vedette.stats.association import row_variance

MOST = 30  # columns: 435 pairs; the cost of a row grows with their square
TRIED = 4  # times as many columns that are looked at
LEAST = 200  # reference rows from which anything is fitted
KNOWN = 0.1  # share of rows with a value that a column needs
SMALLEST = 0.02  # share of the rows with a value that a place needs
FIRST, LATER = ("prediction", "score", "feature"), ("segment",)  # roles, the rest is left out
NORMAL = 1.349  # quartiles of a normal law lie so many standard deviations apart
HUGE = 1e300  # beyond it differences overflow


def fit_dependence(
    rows: pa.RecordBatch, schema: Schema, binnings: Mapping[str, Binning]
) -> Dependence | None:
    """Fit on rows of the reference, derived columns included.

    Places of numbers end at edges of their own bins, so that a place can be said in words.  Columns
    of a sensitive role, ids, times and labels are left out, as are those that hardly have values or
    have but one; of more than MOST the first: what the model says, then features as they stand in
    the schema, those derived from another one last.

    Bounds: None of fewer than LEAST rows, or fewer than two columns.
    """
    draft = laid_out(rows, schema, binnings)
    if draft is None:
        return None
    parts = dict(draft.parts)
    parts["directions"] = directions(draft.columns, parts["ordered"])
    first = read(rows, draft, binnings)
    parts["steps"] = _steps(first, parts["directions"])
    whole = read(rows, replace(draft, parts=parts), binnings)
    unit = row_variance(whole.values, whole.codes >= 0, parts["directions"])
    return replace(draft, parts={**parts, **counts_of(whole.counts), "unit": unit})


def laid_out(
    rows: pa.RecordBatch, schema: Schema, binnings: Mapping[str, Binning]
) -> Dependence | None:
    """The same without directions and counts: what is enough to count rows in pairs."""
    if rows.num_rows < LEAST:
        return None
    laid = []
    for name in candidates(schema):
        known = name in binnings
        one = _laid(column_or_absent(rows, name), binnings[name]) if known else None
        if one is not None:
            laid.append((name, one))
        if len(laid) == MOST:
            break
    if len(laid) < 2:
        return None
    laid.sort(key=lambda one: one[0])  # whatever the order of the table
    names, each = tuple(name for name, _ in laid), [one for _, one in laid]
    wide = max(len(one["places"]) for one in each)
    parts: dict[str, NDArray[Any]] = {
        "ordered": np.array([one["ordered"] for one in each], np.int64),
        "cuts": np.array([one["cuts"] for one in each]),
        "places": np.array(
            [np.pad(one["places"], (0, wide - len(one["places"]))) for one in each], np.int64
        ),
        "centre": np.array([one["centre"] for one in each]),
        "scale": np.array([one["scale"] for one in each]),
        "directions": np.zeros((0, len(names)), np.int64),
        "steps": np.zeros((0, ALONG - 1)),
    }
    return Dependence(names, parts, rows.num_rows)


def counts_of(counts: Pairwise) -> dict[str, NDArray[Any]]:
    """Counts as parts of a plan."""
    return {
        "tables": counts.tables,
        "known": counts.known,
        "firsts": counts.firsts,
        "seconds": counts.seconds,
        "projected": counts.projected,
    }


def directions(columns: Sequence[str], ordered: NDArray[np.int64]) -> NDArray[np.int64]:
    """Random signs, drawn from the names of the columns alone: the same on every machine.

    Shapes: C names, int64[C] -> int64[DIRECTIONS, C], 0 for columns of categories.
    Source: Achlioptas 2003, Journal of Computer and System Sciences 66, 671-687 (signs will do).
    """
    found = np.zeros((DIRECTIONS, len(columns)), np.int64)
    for at, (name, is_ordered) in enumerate(zip(columns, ordered.tolist(), strict=True)):
        if is_ordered:
            drawn = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
            bits = int.from_bytes(drawn, "little")
            found[:, at] = [2 * (bits >> way & 1) - 1 for way in range(DIRECTIONS)]
    return found


def candidates(schema: Schema) -> tuple[str, ...]:
    """Columns that may be counted in pairs, the most important first; a few times as many as will
    be: some turn out to have no values."""
    ranked = []
    for at, field in enumerate(schema.fields):
        if "serving" not in field.environments or field.role not in FIRST + LATER:
            continue
        said = field.role in FIRST[:2]
        derived = field.name.rpartition(".")[0] in schema
        rank = 0 if said else 2 + derived if field.role in LATER else 1 + 2 * derived
        ranked.append((rank, at, field.name))
    return tuple(name for _, _, name in sorted(ranked)[: TRIED * MOST])


def _laid(column: pa.Array, binning: Binning) -> dict[str, Any] | None:
    """Where the places of one column lie; None where it has too few values, or one."""
    if isinstance(binning, NominalBinning):
        return _named(column, binning)
    numbers = finite(column)
    values = np.sort(numbers[~np.isnan(numbers) & (np.abs(numbers) < HUGE)])
    if len(values) < KNOWN * len(numbers) or len(values) < LEAST:
        return None
    edges = binning.edges
    below = values.searchsorted(edges, "right") / len(values)
    cuts = [float(edges[at]) for at in _even(below)]
    if not cuts:
        return None
    low, centre, high = np.quantile(values, [0.25, 0.5, 0.75])
    scale = (high - low) / NORMAL
    if scale <= 0:
        scale = float(values.std())
    if not (np.isfinite(scale) and scale > 0):
        return None
    padded = [*cuts, *[np.inf] * (PLACES - 1 - len(cuts))]
    return {"ordered": 1, "cuts": padded, "places": [0], "centre": centre, "scale": scale}


def _named(column: pa.Array, binning: NominalBinning) -> dict[str, Any] | None:
    """The largest categories have a place each, all others the last."""
    look, names = as_codes(column), len(binning.names)
    at = [binning.places.get(value, names) for value in look.dictionary.to_pylist()]
    tally = np.zeros(names + 1, np.int64)
    np.add.at(tally, at, np.bincount(look.codes + 2, minlength=len(at) + 2)[2:])
    total = int(tally.sum())
    if total < KNOWN * len(column) or total < LEAST:
        return None
    order = np.argsort(-tally[:names], kind="stable")
    few = int(np.count_nonzero(tally)) <= PLACES and not tally[names]
    own = [int(k) for k in order[: PLACES if few else PLACES - 1] if tally[k] >= SMALLEST * total]
    places = np.full(names + 1, min(len(own), PLACES - 1), np.int64)
    places[own] = range(len(own))
    if len(own) < 2 and total - tally[own].sum() < SMALLEST * total:
        return None
    none = [np.inf] * (PLACES - 1)
    return {"ordered": 0, "cuts": none, "places": places, "centre": 0.0, "scale": 1.0}


def _even(below: NDArray[np.float64]) -> list[int]:
    """Which of ascending shares to cut at, for PLACES parts as even as they go.

    Example:
        >>> _even(np.array([0.0, 0.25, 0.5, 0.75, 1.0])), _even(np.array([0.0, 0.7, 0.8, 0.9, 1.0]))
        ([1, 2, 3], [1, 2, 3])
    """
    found: list[int] = []
    done = 0.0
    for left in range(PLACES, 1, -1):
        open_to = np.flatnonzero((below >= done + SMALLEST) & (below <= 1 - SMALLEST))
        if not len(open_to):
            break
        target = done + (1 - done) / left
        at = int(open_to[np.argmin(np.abs(below[open_to] - target))])
        found.append(at)
        done = float(below[at])
    return found


def _steps(rows: Read, along: NDArray[np.int64]) -> NDArray[np.float64]:
    """Where the reference's rows fall apart into even parts on each direction."""
    sums = rows.values.astype(np.int64) @ along.T
    inner = np.arange(1, ALONG) / ALONG
    cuts: NDArray[np.float64] = np.floor(np.quantile(sums, inner, axis=0).T) + 0.5
    return cuts
