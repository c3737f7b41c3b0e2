"""Profiles of windows as the state keeps them: a wide one in strips of columns.

Owns: how a profile becomes entries and entries a profile.  Does not own: the bytes of one
(`profiles.codec`), when one is kept (`engine.keeper`).

Whoever looks at one column of a month must not read the other hundreds.  The entry of kind
`profile` of a wide model holds its rows and no cells; these are in entries of kind `strip`, each
with the columns whose names hash to its number.  How columns go together is a strip of its own.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Protocol
from zlib import crc32

from vedette.core.windows import Window
from vedette.derive.checks.served import SUFFIX
from vedette.profiles.cell import Cell
from vedette.profiles.codec import pack, unpack, unpack_columns
from vedette.profiles.profile import Profile
from vedette.stores.store import Entry

STRIPS = 32  # of a window: of 200 columns each holds six
WIDE = 32  # columns; up to so many are kept in one entry
PAIRS = "pairs"  # the strip of how columns go together, which only fitting reads


class Reading(Protocol):
    """A state store, or what waits to be written before one."""

    def get(self, kind: str, model: str, key: str) -> Entry | None:
        """One entry."""
        ...


def strip_of(column: str) -> int:
    """The number of the strip that a column lies in, and what is checked of it.

    Example:
        >>> strip_of("amount"), strip_of("country"), strip_of("amount.check")
        (2, 6, 2)
    """
    return crc32(column.removesuffix(SUFFIX).encode()) % STRIPS


def entries_of(model: str, clock: str, window: Window, profile: Profile) -> list[Entry]:
    """The entries that keep a window's profile."""
    key, at = f"{clock}/{window.start}", window.start
    if profile.pairwise:
        own = replace(_strip(profile, {}), pairwise=profile.pairwise)
        apart = Entry("strip", model, f"{key}/{PAIRS}", at, pack(own))
        return [*entries_of(model, clock, window, replace(profile, pairwise={})), apart]
    cells: dict[int, dict[tuple[str, str], Cell]] = {}
    for (column, segment), cell in profile.cells.items():
        cells.setdefault(strip_of(column), {})[column, segment] = cell
    if len({column.removesuffix(SUFFIX) for column, _ in profile.cells}) <= WIDE:
        return [Entry("profile", model, key, at, pack(profile))]
    strips = [
        Entry("strip", model, f"{key}/{number:02}", at, pack(_strip(profile, own)))
        for number, own in sorted(cells.items())
    ]
    return [Entry("profile", model, key, at, pack(replace(profile, cells={}))), *strips]


def whole(store: Reading, entry: Entry) -> Profile:
    """The profile of a window, from its entry of kind `profile`."""
    profile = unpack(entry.body)
    if not profile.rows:
        return profile
    apart = store.get("strip", entry.model, f"{entry.key}/{PAIRS}")
    if apart is not None:
        own = unpack(apart.body)
        pairwise = own.pairwise if own.binning_id == profile.binning_id else {}
        profile = replace(profile, pairwise=pairwise)
    if profile.cells:
        return profile
    cells: dict[tuple[str, str], Cell] = {}
    for number in range(STRIPS):
        strip = store.get("strip", entry.model, f"{entry.key}/{number:02}")
        if strip is not None:
            cells |= _cells(profile, unpack(strip.body))
    return replace(profile, cells=dict(sorted(cells.items())))


def some(
    store: Reading, entry: Entry, columns: Collection[str], segment: str | None = None
) -> Profile:
    """The same with the cells of some columns alone, in all segments or one, and no joint counts.

    None of the columns: how many rows came.
    """
    profile = unpack_columns(entry.body, columns, segment)
    if profile.cells or not profile.rows:
        return profile
    cells: dict[tuple[str, str], Cell] = {}
    for number in sorted({strip_of(column) for column in columns}):
        strip = store.get("strip", entry.model, f"{entry.key}/{number:02}")
        if strip is not None:
            cells |= _cells(profile, unpack_columns(strip.body, columns, segment))
    return replace(profile, cells=cells)


def _strip(profile: Profile, cells: Mapping[tuple[str, str], Cell]) -> Profile:
    return Profile(profile.schema_fingerprint, profile.binning_id, profile.rows, cells)


def _cells(profile: Profile, strip: Profile) -> Mapping[tuple[str, str], Cell]:
    """What a strip holds; nothing, if it is left from when the window had another baseline."""
    return strip.cells if strip.binning_id == profile.binning_id else {}
