"""What a profile consists of, part by part, as values that msgpack can write.

Owns: the order and the kind of the parts of `docs/formats/profile.md`.  Does not own: the file
around them (`profiles.codec`), those of a baseline (`profiles.baseline_parts`).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.core.windows import Window
from vedette.profiles.cell import Cell
from vedette.profiles.plainly import plainly, valued
from vedette.profiles.profile import Profile
from vedette.profiles.raw_arrays import F8, I8, U8, array_of, raw_of
from vedette.sketches.bins import Bins
from vedette.sketches.counts import Counts
from vedette.sketches.cube import Cube
from vedette.sketches.distinct import Distinct
from vedette.sketches.graded import Graded
from vedette.sketches.joint import Joint
from vedette.sketches.loglinear import LogLinear
from vedette.sketches.losses import Losses
from vedette.sketches.measured import Measured
from vedette.sketches.moments import Moments
from vedette.sketches.newcomers import Newcomers
from vedette.sketches.pairwise import Pairwise
from vedette.sketches.readings import Readings
from vedette.sketches.twins import Twins


def profile_out(p: Profile) -> list[Any]:
    """The parts of a profile, in the order of the format."""
    return [
        p.model,
        p.version,
        p.schema_fingerprint,
        p.binning_id,
        None if p.window is None else [p.window.start, p.window.end],
        p.rows,
        p.late_rows,
        [[*key, *_cell_out(cell)] for key, cell in sorted(p.cells.items())],
        [[*key, *j.counts.shape, raw_of(j.counts, I8)] for key, j in sorted(p.joints.items())],
        [[*key, *_graded_out(one)] for key, one in sorted(p.graded.items())],
        [[*key, *plainly(one)] for key, one in sorted(p.losses.items())],
        [[key, *_cube_out(one)] for key, one in sorted(p.cubes.items())],
        [[key, *_measured_out(one)] for key, one in sorted(p.measured.items())],
        _twins_out(p.twins),
        [[key, *_pairwise_out(one)] for key, one in sorted(p.pairwise.items())],
        [[key, *one.state()] for key, one in sorted(p.metrics.items())],
        [[*key, *one.state()] for key, one in sorted(p.tails.items())],
    ]


def profile_in(parts: list[Any]) -> Profile:
    """A profile of its parts; older ones have fewer."""
    (model, version, fingerprint, binning, window, rows, late, cells, joints, *rest) = parts
    rest += [[]] * (8 - len(rest))
    graded, losses, cubes, measured, twins, pairwise, metrics, tails = rest
    return Profile(
        fingerprint,
        binning,
        rows,
        {(column, segment): cell_in(rest) for column, segment, *rest in cells},
        {(a, b): Joint(array_of(raw, I8).reshape(k, j)) for a, b, k, j, raw in joints},
        None if window is None else Window(*window),
        late,
        model,
        version,
        {(kind, segment): _graded_in(one) for kind, segment, *one in graded},
        {(kind, column): Losses(*map(valued, one)) for kind, column, *one in losses},
        {key: _cube_in(one) for key, *one in cubes},
        {key: _measured_in(one) for key, *one in measured},
        {column: Twins(array_of(raw, I8)) for column, raw in twins},
        {key: Pairwise(*(valued(a).astype(np.int64) for a in one)) for key, *one in pairwise},
        {key: Readings(*one) for key, *one in metrics},
        {(c, s): LogLinear(array_of(at, I8), array_of(n, I8), low) for c, s, at, n, low in tails},
    )


def _twins_out(twins: Mapping[str, Twins]) -> list[Any]:
    return [[column, raw_of(one.counts, I8)] for column, one in sorted(twins.items())]


def _pairwise_out(one: Pairwise) -> list[Any]:
    """Counts of an hour fit into a fourth of the bytes."""
    parts = (one.tables, one.known, one.firsts, one.seconds, one.projected)
    return [plainly(_narrow(part)) for part in parts]


def _narrow(whole: NDArray[np.int64]) -> NDArray[np.signedinteger[Any]]:
    """The same integers in as few bytes as hold them all."""
    most = int(np.abs(whole).max(initial=0))
    kind = next((k for k in (np.int16, np.int32) if most <= np.iinfo(k).max), np.int64)
    return whole.astype(kind)


def _graded_out(g: Graded) -> list[Any]:
    """Score bins are many, and most are empty in one window: only the others are written."""
    places = np.flatnonzero(g.ranked.any(axis=-1) | g.inside.any(axis=-1)).astype("<u4")
    ranked, inside = (a.reshape(-1, 2)[places] for a in (g.ranked, g.inside))
    shape = list(g.ranked.shape[:2])
    return [g.rows, *map(plainly, (g.confusion, places, ranked, inside, g.moments)), shape]


def _graded_in(parts: list[Any]) -> Graded:
    rows, *arrays, shape = parts
    confusion, places, ranked, inside, moments = map(valued, arrays)
    made = []
    for part in (ranked, inside):
        full = np.zeros((*shape, 2), part.dtype)
        full.reshape(-1, 2)[places] = part
        made.append(full)
    return Graded(rows, confusion, made[0], made[1], moments)


def _cube_out(cube: Cube) -> list[Any]:
    """Most places hold no row: only the others are written."""
    flat = cube.counts.ravel()
    places = np.flatnonzero(flat).astype("<u4")
    return [list(cube.counts.shape), *map(plainly, (places, flat[places], cube.scores))]


def _cube_in(parts: list[Any]) -> Cube:
    shape, places, counts, scores = parts[0], *map(valued, parts[1:])
    flat = np.zeros(int(np.prod(shape)), np.int64)
    flat[places] = counts
    return Cube(flat.reshape(shape), scores)


def _measured_out(measured: Measured) -> list[Any]:
    """As of a cube, only bins that hold rows are written."""
    found = []
    for one in measured.counts:
        places = np.flatnonzero(one).astype("<u4")
        found.append([list(one.shape), *map(plainly, (places, one.ravel()[places]))])
    return [found, plainly(measured.sums)]


def _measured_in(parts: list[Any]) -> Measured:
    counts = []
    for shape, *arrays in parts[0]:
        places, rows = map(valued, arrays)
        flat = np.zeros(int(np.prod(shape)), np.int64)
        flat[places] = rows
        counts.append(flat.reshape(shape))
    return Measured(tuple(counts), valued(parts[1]))


def _cell_out(c: Cell) -> list[Any]:
    m = c.moments
    return [
        c.rows,
        c.missing,
        c.not_finite,
        c.broken,
        None if c.bins is None else raw_of(c.bins.counts, I8),
        None if m is None else [raw_of(m.sums, F8), m.squares, m.low, m.high, m.centre],
        None if c.counts is None else raw_of(c.counts.counts, I8),
        None if c.newcomers is None else [list(entry) for entry in c.newcomers.entries],
        None if c.distinct is None else raw_of(c.distinct.hashes, U8),
    ]


def cell_in(parts: list[Any]) -> Cell:
    """A cell of its parts, without its key."""
    rows, missing, not_finite, broken, bins, moments, counts, newcomers, distinct = parts
    return Cell(
        rows,
        missing,
        not_finite,
        broken,
        None if bins is None else Bins(array_of(bins, I8)),
        None if moments is None else Moments(array_of(moments[0], F8), *moments[1:]),
        None if counts is None else Counts(array_of(counts, I8)),
        None if newcomers is None else Newcomers(tuple((k, n, c) for k, n, c in newcomers)),
        None if distinct is None else Distinct(array_of(distinct, U8)),
    )
