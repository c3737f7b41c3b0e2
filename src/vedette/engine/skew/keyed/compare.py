"""Row by row: the values that training saw held against those that serving saw.

Owns: putting a comparison together.  Does not own: loading (`loaded`), the join (`joined`), counts
(`counts`), causes (`causes`), the result (`result`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from vedette.core.errors import UsageError
from vedette.core.words import plural
from vedette.engine.batch import Progress, nothing
from vedette.engine.skew.causes.candidate import Cause
from vedette.engine.skew.causes.guess import FEWEST, guess
from vedette.engine.skew.causes.pairs import TIME
from vedette.engine.skew.keyed import counts
from vedette.engine.skew.keyed.asked import Asked, make_asked
from vedette.engine.skew.keyed.context import Drawer
from vedette.engine.skew.keyed.joined import COMPARED, DIFFER, Unmatched, join, settle_duplicates
from vedette.engine.skew.keyed.kinds import Column, Paired, pair
from vedette.engine.skew.keyed.loaded import Database, Segment, load, segments_of
from vedette.engine.skew.keyed.result import ColumnSkew, Skew
from vedette.ingest.source import Source, open_source

UNEXPLAINED = 0.2  # share of differing rows without a cause from which dearer ones are looked for


def skew(
    offline: Any,
    online: Any,
    *,
    key: str | Sequence[str] | None = None,
    time: str | None = None,
    within: str | None = None,
    tolerance: float | str | Mapping[str, object] | None = None,
    names: Mapping[str, str] | None = None,
    columns: str | Sequence[str] = (),
    ignore: str | Sequence[str] = (),
    segments: str | Sequence[str] = (),
    max_mismatch: float = 0.001,
    duplicates: str = "skip",
    examples: int = 0,
    memory: str = "2GB",
    threads: int | None = None,
    progress: Progress = nothing,
) -> Skew:
    """Say where serving saw other values than training, row by row, and why.

    `offline` and `online` are tables of any kind that `compare` takes; rows are joined by `key`,
    one column or several, which compare as text where their types differ (17, "17" and 17.0 are
    one).  With `time`, an online row is held against the latest offline row of its key that is not
    after it, and not older than `within` ("1h").  `tolerance` is relative, for columns of floats
    (default 1e-6), or by column: {"price": "abs:0.01", "score": 0.001}; whole numbers, text and
    booleans must be the same.  `names` says how online columns are called offline, `columns` which
    are compared (default: all that both have), `ignore` which are not (wildcards work).

    `segments` are offline columns by which mismatches are counted apart; columns of few values are
    searched for segments anyway.  A column matters where its mismatch rate is above `max_mismatch`
    with its whole interval.  `duplicates` says what is done with offline rows of one key that
    disagree: "skip" compares them with nothing, "first" and "last" take one.  `examples` are shown
    per column only if asked for: they hold single values.  `memory` and `threads` (default 2) are
    what the join may take; what does not fit is put in a temporary folder.

    Bounds: rates are exact over all rows; causes are guessed from about 20,000 differing rows.
    Missing on both sides is the same; a number that is none (NaN) counts as missing.
    Errors: UsageError without a key, for columns that are not there, and when no row finds its
    like; SettingsError for wrong options; StoreError when memory or disk does not suffice.
    Example:
        >>> miles = {"id": list(range(100)), "distance": [float(m) for m in range(100, 200)]}
        >>> km = {"id": list(range(100)), "distance": [1.609344 * m for m in range(100, 200)]}
        >>> found = skew(miles, km, key="id")
        >>> found.ok, found.columns[0].causes[0].transformation
        (False, 'training × 1.609344 (miles to kilometres)')
    """
    asked = make_asked(
        key, time=time, within=within, tolerance=tolerance, names=names, columns=columns,
        ignore=ignore, segments=segments, max_mismatch=max_mismatch, duplicates=duplicates,
        examples=examples, memory=memory, threads=threads,
    )  # fmt: skip
    return run(offline, online, asked, progress)


def run(offline: Any, online: Any, asked: Asked, progress: Progress = nothing) -> Skew:
    """Compare under options that are already checked: what `skew` and the command share."""
    sides = open_source(offline), open_source(online)
    paired = pair(*sides, asked)
    marks = segments_of(sides[0], asked, paired)
    with Database(asked) as database:
        return _run(database, sides, asked, paired, marks, progress)


def _run(
    database: Database, sides: tuple[Source, Source], asked: Asked, paired: Paired,
    marks: tuple[Segment, ...], progress: Progress,
) -> Skew:  # fmt: skip
    rows = load(database, sides, asked, paired, marks, progress)
    progress("joining", 0, None)
    duplicates = settle_duplicates(database, asked, paired)
    unmatched = join(database, asked, paired, marks, rows[1])
    compared = database.rows(f"SELECT count(*) FROM joined WHERE status = {COMPARED}")[0][0]
    if not compared:
        raise _nothing(asked, rows, unmatched)
    whole = counts.tallies(database, paired.columns)
    cells = _cells(database, paired, marks, whole)
    drawer = Drawer(database, asked, paired.columns, marks)
    chosen = {mark.held.name: mark.asked for mark in marks}
    told = []
    for column in paired.columns:
        progress("looking for causes", column.place, len(paired.columns))
        tally = whole[column.place]
        causes: tuple[Cause, ...] = ()
        if tally.mismatches >= FEWEST:
            causes = _causes(drawer, column, tally, rows[0])
        told.append(
            ColumnSkew(
                column.name, column.online.name, column.kind, column.relative, column.absolute,
                tally, counts.sizes(database, column, tally.differ),
                counts.confusion(database, column, whatever=asked.examples > 0),
                counts.standing_out(cells[column.place], tally, chosen, column.name), causes,
                _examples(database, column, asked, tally),
            )
        )  # fmt: skip
    return Skew(
        asked, (sides[0].name, sides[1].name), rows, int(compared), duplicates, unmatched,
        tuple(told), paired.ignored, paired.only_offline, paired.only_online,
        tuple(mark.held.name for mark in marks),
    )  # fmt: skip


def _nothing(asked: Asked, rows: tuple[int, int], unmatched: Unmatched) -> UsageError:
    """Why not one row could be compared: the commonest reason."""
    what = f"not one row has its like by the key {', '.join(asked.key)}"
    hint = "see how both tables spell their keys"
    most = max(unmatched.online, unmatched.ambiguous, unmatched.too_old, unmatched.keyless_online)
    if not min(rows):
        what = f"the {'online' if rows[0] else 'offline'} table has no rows"
        hint = ""
    elif most == unmatched.ambiguous:
        what = "every online row has several offline rows of its key that disagree"
        hint = "name all columns of the key; or take one row: duplicates=, or --duplicates"
    elif most == unmatched.too_old:
        what, hint = "every online row has only offline rows that are too old", "see within="
    elif most == unmatched.keyless_online:
        what, hint = "no online row has a key", ""
    got = f"{plural(rows[0], 'offline row')} and {plural(rows[1], 'online row')}"
    return UsageError("skew", what, got=got, hint=hint)


def _cells(
    database: Database, paired: Paired, marks: Sequence[Segment], whole: Mapping[int, counts.Tally]
) -> dict[int, list[counts.InSegment]]:
    """Every column that differs, or all if asked for, in every segment."""
    cells: dict[int, list[counts.InSegment]] = {column.place: [] for column in paired.columns}
    differing = [column for column in paired.columns if whole[column.place].mismatches]
    for mark in marks:
        columns = paired.columns if mark.asked else differing
        if columns:
            for place, found in counts.by_segment(database, columns, mark).items():
                cells[place] += found
    return cells


def _causes(drawer: Drawer, column: Column, tally: counts.Tally, rows: int) -> tuple[Cause, ...]:
    """Guess, and guess again with the order of keys where much is left."""
    pairs = drawer.pairs(column, tally)
    found = guess(pairs)
    if sum(cause.share for cause in found) >= 1 - UNEXPLAINED:
        return found
    more = drawer.by_key(column, rows)
    if not more:
        return found
    return guess(replace(pairs, neighbours=(*pairs.neighbours, *more)))


def _examples(
    database: Database, column: Column, asked: Asked, tally: counts.Tally
) -> tuple[tuple[Any, ...], ...]:
    """Keys, offline and online values of a few differing rows."""
    if not asked.examples or not tally.mismatches:
        return ()
    keys = ", ".join(f"k{i}" for i in range(len(asked.key)))
    o, s = (
        f"make_timestamp({letter}{column.place})"
        if held.kind == TIME
        else f"{letter}{column.place}"
        for letter, held in (("o", column.offline), ("s", column.online))
    )
    return tuple(
        database.rows(
            f"SELECT {keys}, {o}, {s} FROM joined WHERE status = 0 AND c{column.place} >= {DIFFER}"
            f" ORDER BY hash(here) LIMIT {asked.examples}"
        )
    )
