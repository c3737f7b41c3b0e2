"""What is remembered of windows whose labels may still change the evidence: little, for there are
many.

Owns: which sums of a window the monitors of losses need, and many windows as bytes.  Does not own:
when windows are remembered and let go of (`engine.outcomes`), the sums (`sketches.graded`).
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from vedette.profiles.grading import EXPECTED, REALISED, TERMS
from vedette.profiles.profile import Profile
from vedette.sketches.cube import Cube
from vedette.sketches.graded import Graded
from vedette.sketches.losses import Losses

QUICK = 1  # level of zlib: a state is written often
NONE = np.zeros(0)

Key = tuple[str, str]


def slim(profile: Profile, task: str, column: str) -> Profile:
    """What the monitors need of how the predictions of a window did: of every segment the mean
    loss, its square and what of it is unknown; and by the bins of one column how many rows have a
    label."""
    variance = TERMS[task].index("variance")
    graded = {key: _slim(one, variance) for key, one in profile.graded.items()}
    losses = {
        key: Losses(one.rows, NONE, NONE)
        for key, one in profile.losses.items()
        if key in ((EXPECTED, column), (REALISED, column))
    }
    zero = Profile.zero(profile.schema_fingerprint, profile.binning_id)
    cubes = {key: _counted(one) for key, one in profile.cubes.items()}
    return replace(zero, graded=graded, losses=losses, cubes=cubes)


def _counted(cube: Cube) -> Cube:
    """Rows by group, decision and label, whatever their score."""
    own = cube.slim()
    return replace(own, scores=np.zeros_like(own.scores))


def _slim(graded: Graded, variance: int) -> Graded:
    moments = np.zeros_like(graded.moments[:2])
    moments[0, [0, 1, variance]] = graded.moments[0, [0, 1, variance]]
    moments[1, 1] = graded.moments[1, 1]
    return replace(graded.slim(), moments=moments)


def packed(windows: Mapping[int, Profile]) -> bytes:
    """Write windows by their start, all of one baseline."""
    starts = sorted(windows)
    if not starts:
        return b""
    profiles = [windows[start] for start in starts]
    keys = sorted({key for profile in profiles for key in profile.graded})
    columns = sorted({key for profile in profiles for key in profile.losses})
    first = profiles[0]
    graded = [[profile.graded.get(key) for key in keys] for profile in profiles]
    losses = [[profile.losses.get(key) for key in columns] for profile in profiles]
    some = next((one for row in graded for one in row if one is not None), None)
    terms = 0 if some is None else some.moments.shape[1]
    moments = np.zeros((len(starts), len(keys), 2, terms))
    for at, row in enumerate(graded):
        for place, one in enumerate(row):
            if one is not None:
                moments[at, place] = one.moments
    parts = [
        first.schema_fingerprint,
        first.binning_id,
        starts,
        keys,
        columns,
        [[None if one is None else one.rows for one in row] for row in graded],
        [[None if one is None else one.rows.tolist() for one in row] for row in losses],
        terms,
        moments.astype("<f8").tobytes(),
        _cubes_out(profiles),
    ]
    return zlib.compress(msgspec.msgpack.encode(parts), QUICK)


def unpacked(data: bytes) -> dict[int, Profile]:
    """Read what `packed` wrote.  Errors: ValueError for other bytes."""
    if not data:
        return {}
    try:
        parts = msgspec.msgpack.decode(zlib.decompress(data))
    except zlib.error as error:
        raise ValueError(str(error)) from None
    fingerprint, binning, starts, keys, columns, rows, losses, terms, raw, *more = parts
    cubes = _cubes_in(more[0], len(starts)) if more else [{}] * len(starts)
    moments = np.frombuffer(raw, "<f8").astype(np.float64)
    moments = moments.reshape(len(starts), len(keys), 2, terms)
    return {
        start: replace(
            Profile.zero(fingerprint, binning),
            graded=_graded(keys, rows[at], moments[at]),
            losses={
                (kind, column): Losses(np.array(one, np.int64), NONE, NONE)
                for (kind, column), one in zip(columns, losses[at], strict=True)
                if one is not None
            },
            cubes=cubes[at],
        )
        for at, start in enumerate(starts)
    }


def _cubes_out(profiles: Sequence[Profile]) -> list[list[Any]]:
    """Of every set of groups: its key, the shape of its counts, and those of all windows that have
    any."""
    found = []
    for key in sorted({key for profile in profiles for key in profile.cubes}):
        there = [at for at, profile in enumerate(profiles) if key in profile.cubes]
        counts = np.stack([profiles[at].cubes[key].counts for at in there])
        found.append([key, counts.shape[1:], there, counts.astype("<i8").tobytes()])
    return found


def _cubes_in(parts: list[list[Any]], windows: int) -> list[dict[str, Cube]]:
    found: list[dict[str, Cube]] = [{} for _ in range(windows)]
    for key, (G, D, Y, K), there, raw in parts:
        counts = np.frombuffer(raw, "<i8").astype(np.int64).reshape(-1, G, D, Y, K)
        for at, own in zip(there, counts, strict=True):
            found[at][key] = Cube(own.copy(), np.zeros((G, Y, 2)))
    return found


def _graded(
    keys: list[list[str]], rows: list[int | None], moments: NDArray[np.float64]
) -> dict[Key, Graded]:
    found: dict[Key, Graded] = {}
    for (kind, segment), count, own in zip(keys, rows, moments, strict=True):
        if count is not None:
            whole: Any = np.int64 if kind == REALISED else np.float64
            none = (np.zeros((0, 0), whole), np.zeros((0, 0, 2), whole), np.zeros((0, 0, 2)))
            found[kind, segment] = Graded(count, *none, own.copy())
    return found
