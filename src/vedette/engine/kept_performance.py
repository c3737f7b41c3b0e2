"""How the predictions of windows did, as entries of the state.

Owns: how the sums of a window become entries of kind `performance`, and entries a profile again.
Does not own: the bytes of one (`profiles.codec`), when one is kept (`engine.keeper`), reading them
as series (`engine.performance`).

Whoever looks at one segment of a month must not read all others, and nobody who looks at a metric
needs the losses by bin, nor who looks at the rates of groups their scores by bin: each has its own
entry, `drift/<which>/<start>`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Protocol

from vedette.core.windows import Window
from vedette.engine.plan import DRIFT
from vedette.profiles.codec import pack, unpack
from vedette.profiles.profile import WHOLE, Profile
from vedette.sketches.graded import Graded
from vedette.sketches.measured import Measured
from vedette.stores.store import Entry

KIND = "performance"
LOSSES = f"{DRIFT}/losses/"
CUBES = f"{DRIFT}/groups/"
NUMBERS = f"{DRIFT}/numbers/"  # by group
SCORES = f"{DRIFT}/group scores/"  # the same by bin of the score


class Reading(Protocol):
    """A state store, or what waits to be written before one."""

    def get(self, kind: str, model: str, key: str) -> Entry | None:
        """One entry."""
        ...


class Afresh:
    """What is kept of a model that is stepped again from the log: of every entry nothing, until it
    was written anew."""

    def __init__(self, store: Reading) -> None:
        self._store, self._written = store, set[str]()

    def get(self, kind: str, model: str, key: str) -> Entry | None:
        """One entry, which is then written."""
        if key in self._written:
            return self._store.get(kind, model, key)
        self._written.add(key)
        return None


def prefix_of(segment: str) -> str:
    """How the keys of a segment's windows begin; names are theirs who send them, so a digest
    stands for one.

    Example:
        >>> prefix_of(""), prefix_of("carrier=UA")
        ('drift/all/', 'drift/114e8142fc435ac8/')
    """
    which = "all" if segment == WHOLE else sha256(segment.encode()).hexdigest()[:16]
    return f"{DRIFT}/{which}/"


def added(
    store: Reading, model: str, window: Window, fresh: Profile, *, replaces: bool = True
) -> Iterator[Entry]:
    """The entries of a window with more sums: labels come at any time.

    Sums that cannot be added to those kept before, of another baseline, take their place; unless it
    `replaces` nothing: then the old ones stay.
    """
    bare = replace(fresh.counts, cells={}, joints={}, rows=0, late_rows=0, window=window)
    for prefix, part in _parts(bare, fresh):
        key = f"{prefix}{window.start}"
        entry = store.get(KIND, model, key)
        before = None if entry is None else unpack(entry.body)
        if before is not None and _alike(before, part):
            part = replace(before.merge(part), window=window)
        elif before is not None and not replaces:
            continue
        yield Entry(KIND, model, key, window.start, pack(part, small=True))


def whole(store: Reading, model: str, start: int, segments: Iterable[str] = ()) -> Profile | None:
    """How the predictions of a window did: all rows, losses by bin, and these segments; None where
    nothing is kept."""
    prefixes = [prefix_of(WHOLE), LOSSES, *map(prefix_of, segments)]
    entries = [store.get(KIND, model, f"{prefix}{start}") for prefix in prefixes]
    found = [unpack(entry.body) for entry in entries if entry is not None]
    if not found:
        return None
    total = found[0]
    for other in found[1:]:
        if other.binning_id == total.binning_id:
            total = total.merge(other)
    return total


def _alike(one: Profile, two: Profile) -> bool:
    """Whether two profiles were graded in one way."""
    shared = one.graded.keys() & two.graded.keys()
    bins = one.losses.keys() & two.losses.keys()
    return (
        one.binning_id == two.binning_id
        and all(_form(one.graded[key]) == _form(two.graded[key]) for key in shared)
        and all(one.losses[key].rows.shape == two.losses[key].rows.shape for key in bins)
        and all(
            one.cubes[key].counts.shape == two.cubes[key].counts.shape
            for key in one.cubes.keys() & two.cubes.keys()
        )
        and all(
            _widths(one.measured[key]) == _widths(two.measured[key])
            for key in one.measured.keys() & two.measured.keys()
        )
    )


def _form(graded: Graded) -> tuple[object, ...]:
    return graded.confusion.shape, graded.ranked.shape, graded.moments.shape


def _widths(measured: Measured) -> list[tuple[int, ...]]:
    return [one.shape for one in measured.counts]


def _parts(bare: Profile, fresh: Profile) -> Iterator[tuple[str, Profile]]:
    for segment in sorted({segment for _, segment in fresh.graded}):
        own = {key: one for key, one in fresh.graded.items() if key[1] == segment}
        yield prefix_of(segment), replace(bare, graded=own)
    if fresh.losses:
        yield LOSSES, replace(bare, losses=fresh.losses)
    if fresh.cubes:
        yield CUBES, replace(bare, cubes={k: c.unbinned() for k, c in fresh.cubes.items()})
        if any(cube.counts.shape[3] > 2 for cube in fresh.cubes.values()):
            yield SCORES, replace(bare, cubes=fresh.cubes)
    if fresh.measured:
        yield NUMBERS, replace(bare, measured=fresh.measured)
