"""Profiles and baselines as bytes: versioned, checked, the same on every machine.

Owns: versions 1 to 7 of the format of `docs/formats/profile.md`, and no other file format.  Does
not own: files.  Every byte is a function of the
value: fixed field order, sorted keys, little-endian arrays; a SHA-256 over everything before it
ends the file.
"""

import hashlib
import struct
import zlib
from collections.abc import Collection, Mapping
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from vedette.core.errors import StoreError, VedetteError
from vedette.core.schema import Schema
from vedette.core.windows import Window
from vedette.profiles.appraisal import Appraisal
from vedette.profiles.auditor import Auditor
from vedette.profiles.baseline import Baseline, Split
from vedette.profiles.binning import Binning, NominalBinning, NumericBinning
from vedette.profiles.cell import Cell
from vedette.profiles.dependence import Dependence
from vedette.profiles.grading import Grading
from vedette.profiles.groups import Grouping, Groups
from vedette.profiles.loss_variation import LossVariation
from vedette.profiles.measures import Measure
from vedette.profiles.natural import SPECIALS, Variation
from vedette.profiles.outliers import Outliers
from vedette.profiles.plainly import plainly, valued
from vedette.profiles.profile import Profile
from vedette.profiles.sample import Sample
from vedette.profiles.training import Training
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
from vedette.stats.season import Season
from vedette.stats.window_scores import SCORES

MAGIC = b"VEDETTEP"
# Written; 1 lacks natural variation, 1 and 2 how good predictions were, 1 to 3 groups, 1 to 4 what
# a model was trained on, and what is declared of served rows, 1 to 5 what single rows are like and
# how columns go together, 1 to 6 how long things took.
VERSION = 7
HEADER = struct.Struct("<8sHHQ")  # magic, version, reserved 0, length of the payload
DIGEST = 32
COMPRESSED, LEVEL = b"\x78", 1  # how zlib begins, and a packed profile never does

# What bytes that carry the right checksum, and follow no format, make of the readers below.
WRONG = (
    VedetteError,
    msgspec.DecodeError,
    ValueError,
    TypeError,
    IndexError,
    KeyError,
    RecursionError,
)

# The arrays of natural variation, in the order of the page.
VARIED = (
    "beta", "t2", "phi", "misfit", "week", "nu", "inverse", "excess", "hits", "rows", "dispersion",
    "distance",
)  # fmt: skip

_BASELINE_PARTS = 15
_VARIATION_PARTS = len(VARIED) + 10

I8, F8, U8 = np.dtype("<i8"), np.dtype("<f8"), np.dtype("<u8")


def encode(baseline: Baseline, profile: Profile) -> bytes:
    """Write a profile and the baseline it was made under."""
    own = profile is baseline.profile
    payload = msgspec.msgpack.encode(
        [_baseline_out(baseline), None if own else _profile_out(profile)]
    )
    head = HEADER.pack(MAGIC, VERSION, 0, len(payload)) + payload
    return head + hashlib.sha256(head).digest()


def decode(data: bytes, where: str = "profile") -> tuple[Baseline, Profile]:
    """Read what `encode` wrote.

    Errors: StoreError when the bytes are no profile, cut short, changed, or of a newer version.
    """
    if len(data) < HEADER.size + DIGEST or data[:8] != MAGIC:
        raise StoreError(where, "is not a vedette profile")
    _, version, _, length = HEADER.unpack_from(data)
    if not 1 <= version <= VERSION:
        raise StoreError(where, "is of another version", got=version, want=f"1 to {VERSION}")
    end = HEADER.size + length
    if len(data) != end + DIGEST or hashlib.sha256(data[:end]).digest() != data[end:]:
        raise StoreError(where, "is damaged: its checksum does not fit its content")
    try:
        first, second = msgspec.msgpack.decode(data[HEADER.size : end])
        baseline = _baseline_in([*first, *[None] * (_BASELINE_PARTS - len(first))])
        return baseline, baseline.profile if second is None else _profile_in(second)
    except WRONG as error:
        raise StoreError(where, "does not follow the format", got=str(error)) from None


def pack(profile: Profile, *, small: bool = False) -> bytes:
    """Write a profile alone, for a store that keeps its baseline once; `small` compresses it."""
    data = msgspec.msgpack.encode(_profile_out(profile))
    return zlib.compress(data, LEVEL) if small else data


def opened(data: bytes) -> bytes:
    """What `pack` wrote, without compression.  Errors: ValueError for bytes that are damaged."""
    if not data.startswith(COMPRESSED):
        return data
    try:
        return zlib.decompress(data)
    except zlib.error as error:
        raise ValueError(str(error)) from None


def unpack(data: bytes, where: str = "profile") -> Profile:
    """Read what `pack` wrote.  Errors: StoreError for bytes that follow no format."""
    try:
        return _profile_in(msgspec.msgpack.decode(opened(data)))
    except WRONG as error:
        raise StoreError(where, "does not follow the format", got=str(error)) from None


NOTHING = msgspec.Raw(b"\x90")


class _Packed(msgspec.Struct, array_like=True):
    """A packed profile whose cells are left as they are."""

    model: str
    version: str
    fingerprint: str
    binning: str
    window: tuple[int, int] | None
    rows: int
    late: int
    cells: list[msgspec.Raw]
    joints: msgspec.Raw
    graded: msgspec.Raw = NOTHING  # what was written before version 3 lacks these
    losses: msgspec.Raw = NOTHING
    cubes: msgspec.Raw = NOTHING  # before version 4
    measured: msgspec.Raw = NOTHING


_PACKED = msgspec.msgpack.Decoder(_Packed)
_CELL_PARTS = 11  # of a packed cell, its key included


def unpack_columns(
    data: bytes, columns: Collection[str], segment: str | None = None, where: str = "profile"
) -> Profile:
    """Read some columns of what `pack` wrote, in all segments or one; none for the rows alone.
    Joint counts stay behind.

    Many windows are looked at for one column: the others cost a comparison each.
    Errors: StoreError for bytes that follow no format.
    """
    head = bytes([0x90 | _CELL_PARTS])
    end = b"" if segment is None else msgspec.msgpack.encode(segment)
    wanted = tuple(head + msgspec.msgpack.encode(column) + end for column in columns)
    try:
        found = _PACKED.decode(data)
        raw = [bytes(cell) for cell in found.cells] if wanted else []
        if raw and not raw[0].startswith(head):  # else every cell would be passed over
            raise ValueError(f"a cell has not {_CELL_PARTS} parts")
        cells = [msgspec.msgpack.decode(cell) for cell in raw if cell.startswith(wanted)]
        return Profile(
            found.fingerprint,
            found.binning,
            found.rows,
            {(column, segment): _cell_in(rest) for column, segment, *rest in cells},
            {},
            None if found.window is None else Window(*found.window),
            found.late,
            found.model,
            found.version,
        )
    except WRONG as error:
        raise StoreError(where, "does not follow the format", got=str(error)) from None


def _raw(array: Any, dtype: np.dtype[Any]) -> bytes:
    return np.ascontiguousarray(array, dtype).tobytes()


def _array(raw: bytes, dtype: np.dtype[Any]) -> Any:
    return np.frombuffer(raw, dtype).astype(dtype.newbyteorder("="))


def _baseline_out(b: Baseline) -> list[Any]:
    return [
        msgspec.json.encode(b.schema),
        [[name, *_binning_out(binning)] for name, binning in b.binnings.items()],
        [[column, list(names)] for column, names in b.segments.items()],
        [
            [column, segment, _raw(s.named, I8), _raw(s.judged, I8)]
            for (column, segment), s in sorted(b.splits.items())
        ],
        [[column, *pair] for column, pair in sorted(b.rare.items())],
        [[column, reason] for column, reason in sorted(b.excluded.items())],
        _profile_out(b.profile),
        None if b.variation is None else _variation_out(b.variation),
        plainly(b.appraisal),
        plainly(b.grouping),
        None if b.training is None else _training_out(b.training),
        None if b.checks is None else msgspec.json.encode(b.checks),
        plainly(b.outliers),
        plainly(b.dependence),
        plainly(b.directions),
    ]


def _baseline_in(parts: list[Any]) -> Baseline:
    (schema, binnings, segments, splits, rare, excluded, profile, variation, appraisal,
     grouping, training, checks, outliers, dependence, directions) = parts  # fmt: skip
    return Baseline(
        msgspec.json.decode(schema, type=Schema),
        {name: _binning_in(kind, rest) for name, kind, *rest in binnings},
        {column: tuple(names) for column, names in segments},
        _profile_in(profile),
        {(c, s): Split(_array(one, I8), _array(two, I8)) for c, s, one, two in splits},
        {column: (once, twice) for column, once, twice in rare},
        {column: reason for column, reason in excluded},  # noqa: C416 - pairs are lists, not tuples
        None if variation is None else _variation_in(variation),
        None if appraisal is None else _appraisal_in(appraisal),
        None if grouping is None else _grouping_in(grouping),
        None if training is None else _training_in(training),
        None if checks is None else msgspec.json.decode(checks, type=Schema),
        None if outliers is None else Outliers(*valued(outliers)),
        None if dependence is None else Dependence(*valued(dependence)),
        {} if directions is None else valued(directions),
    )


def _training_out(t: Training) -> list[Any]:
    return [
        t.key,
        t.name,
        _profile_out(t.profile),
        [[*key, plainly(one)] for key, one in sorted(t.quantiles.items())],
        t.sampled,
        t.windows,
        list(t.lacking),
        list(t.unserved),
    ]


def _training_in(parts: list[Any]) -> Training:
    key, name, profile, quantiles, sampled, windows, lacking, unserved = parts
    return Training(
        key,
        name,
        _profile_in(profile),
        {(column, segment): valued(one) for column, segment, one in quantiles},
        sampled,
        windows,
        tuple(lacking),
        tuple(unserved),
    )


def _appraisal_in(parts: list[Any]) -> Appraisal:
    grading, auditor, variation, sample = (valued(part) for part in parts)
    return Appraisal(
        Grading(*grading),
        Auditor(*auditor),
        None if variation is None else LossVariation(*variation),
        None if sample is None else Sample(*sample),
    )


def _grouping_in(parts: list[Any]) -> Grouping:
    grading, sets, measures, positive, labelled, variation, numbers = map(valued, parts)
    return Grouping(
        Grading(*grading),
        tuple(Groups(*one) for one in sets),
        measures,
        positive,
        labelled,
        None if variation is None else LossVariation(*variation),
        tuple(Measure(*one) for one in numbers),
    )


def _variation_out(v: Variation) -> list[Any]:
    return [
        v.width,
        v.windows,
        v.flat,
        v.harmonics,
        v.weekly,
        [list(key) for key in v.keys],
        _raw(v.used, I8),
        *(_raw(getattr(v, name), F8) for name in VARIED),
        _raw(v.mixed, I8),
        _raw(v.mix, F8),
        _raw(v.total, F8),
    ]


def _variation_in(parts: list[Any]) -> Variation:
    parts = [*parts, *[b""] * (_VARIATION_PARTS - len(parts))]  # before version 5 one less
    width, windows, flat, harmonics, weekly, keys, used, *rest, mixed, mix, total = parts
    season = Season(width, harmonics, weekly)
    arrays = {name: _array(raw, F8) for name, raw in zip(VARIED, rest, strict=True)}
    C = len(keys)
    shapes: dict[str, tuple[int, ...]] = {"beta": (C, season.size, SCORES)}
    shapes |= dict.fromkeys(("t2", "phi", "misfit", "week", "nu"), (C, SCORES))
    shapes |= dict.fromkeys(("hits", "dispersion"), (C, len(SPECIALS)))
    return Variation(
        tuple((column, segment) for column, segment in keys),
        width, windows, flat, harmonics, weekly, _array(used, I8).reshape(C),
        **{name: found.reshape(shapes.get(name, (C,))) for name, found in arrays.items()},
        mixed=(at := _array(mixed, I8)),
        mix=_array(mix, F8).reshape(len(at), season.size, -1 if len(at) else 0),
        total=_array(total, F8).reshape(C if total else 0, -1 if total else 0),
    )  # fmt: skip


def _binning_out(binning: Binning) -> list[Any]:
    if isinstance(binning, NumericBinning):
        return ["numeric", _raw(binning.edges, F8)]
    return ["nominal", list(binning.names), _raw(binning.known, U8)]


def _binning_in(kind: str, rest: list[Any]) -> Binning:
    if kind == "numeric":
        return NumericBinning(_array(rest[0], F8))
    return NominalBinning(tuple(rest[0]), _array(rest[1], U8))


def _profile_out(p: Profile) -> list[Any]:
    return [
        p.model,
        p.version,
        p.schema_fingerprint,
        p.binning_id,
        None if p.window is None else [p.window.start, p.window.end],
        p.rows,
        p.late_rows,
        [[*key, *_cell_out(cell)] for key, cell in sorted(p.cells.items())],
        [[*key, *j.counts.shape, _raw(j.counts, I8)] for key, j in sorted(p.joints.items())],
        [[*key, *_graded_out(one)] for key, one in sorted(p.graded.items())],
        [[*key, *plainly(one)] for key, one in sorted(p.losses.items())],
        [[key, *_cube_out(one)] for key, one in sorted(p.cubes.items())],
        [[key, *_measured_out(one)] for key, one in sorted(p.measured.items())],
        _twins_out(p.twins),
        [[key, *_pairwise_out(one)] for key, one in sorted(p.pairwise.items())],
        [[key, *one.state()] for key, one in sorted(p.metrics.items())],
        [[*key, *one.state()] for key, one in sorted(p.tails.items())],
    ]


def _profile_in(parts: list[Any]) -> Profile:
    (model, version, fingerprint, binning, window, rows, late, cells, joints, *rest) = parts
    rest += [[]] * (8 - len(rest))
    graded, losses, cubes, measured, twins, pairwise, metrics, tails = rest
    return Profile(
        fingerprint,
        binning,
        rows,
        {(column, segment): _cell_in(rest) for column, segment, *rest in cells},
        {(a, b): Joint(_array(raw, I8).reshape(k, j)) for a, b, k, j, raw in joints},
        None if window is None else Window(*window),
        late,
        model,
        version,
        {(kind, segment): _graded_in(one) for kind, segment, *one in graded},
        {(kind, column): Losses(*map(valued, one)) for kind, column, *one in losses},
        {key: _cube_in(one) for key, *one in cubes},
        {key: _measured_in(one) for key, *one in measured},
        {column: Twins(_array(raw, I8)) for column, raw in twins},
        {key: Pairwise(*(valued(a).astype(np.int64) for a in one)) for key, *one in pairwise},
        {key: Readings(*one) for key, *one in metrics},
        {(c, s): LogLinear(_array(at, I8), _array(n, I8), low) for c, s, at, n, low in tails},
    )


def _twins_out(twins: Mapping[str, Twins]) -> list[Any]:
    return [[column, _raw(one.counts, I8)] for column, one in sorted(twins.items())]


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
        None if c.bins is None else _raw(c.bins.counts, I8),
        None if m is None else [_raw(m.sums, F8), m.squares, m.low, m.high, m.centre],
        None if c.counts is None else _raw(c.counts.counts, I8),
        None if c.newcomers is None else [list(entry) for entry in c.newcomers.entries],
        None if c.distinct is None else _raw(c.distinct.hashes, U8),
    ]


def _cell_in(parts: list[Any]) -> Cell:
    rows, missing, not_finite, broken, bins, moments, counts, newcomers, distinct = parts
    return Cell(
        rows,
        missing,
        not_finite,
        broken,
        None if bins is None else Bins(_array(bins, I8)),
        None if moments is None else Moments(_array(moments[0], F8), *moments[1:]),
        None if counts is None else Counts(_array(counts, I8)),
        None if newcomers is None else Newcomers(tuple((k, n, c) for k, n, c in newcomers)),
        None if distinct is None else Distinct(_array(distinct, U8)),
    )
