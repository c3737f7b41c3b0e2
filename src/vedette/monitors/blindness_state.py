"""What is remembered of how well a model is seen, and what a window adds to it.

Owns: the state; shares of events that are not seen, whether texts and times are still there, how
rows are sampled, which columns are new.  Does not own: when that is told (`monitors.blindness`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vedette.monitors.held import HeldState
from vedette.profiles.discovered import NEW
from vedette.profiles.profile import Profile
from vedette.profiles.sight import COUNTED, GUESSED, WEIGHT, filled_key, sight_key
from vedette.sketches.readings import Readings

Array = NDArray[np.float64]

FADING = 0.8  # what the windows before count for in a share
LATELY = 200.0  # rows at least that say that a share is below its bound again
FEW = 3.0  # events from which their share says something: of a window, else of the last ones
USUAL = 0.5  # share of rows that have content, from which it is missed
ENOUGH = 30  # rows of a window that say so when all are well
EMPTY = 30.0  # rows without any content, after which it is gone
KNOWN = 200.0  # rows from which it is known what is usual
STEADY = 10  # windows of one weight, after which another one is a change
AGAIN = 2  # windows of the other one
SETTLING = 60  # windows with rows, in which new columns are just remembered
HALF = 0.5  # of the rows have a new column
MOST_COLUMNS = 1_000  # that are remembered


@dataclass(frozen=True, eq=False)
class BlindnessState:
    """Memory of one model.

    Shapes: `hits` and `rows` float64[4], fading, of the shares that `profiles.sight.COUNTED` names;
    `long_hits` and `long_rows` fade slowly where rows are few.
    `texts` are columns of text and "" for times, of which float64[T]: the `usual` share of rows
    with content, `known` rows it rests on, `empty` rows since the last content.  `weight` is what
    every row of the last `steady` windows stood for (nan: not the same), `other` what it was in the
    last `again` ones, `before` what it was before the last change.  `columns` are those that came
    without the baseline having them, in `settled` windows with rows; `fresh` those that the last
    window is told about, and those of `waiting` came in the one before.
    """

    held: HeldState
    hits: Array
    rows: Array
    long_hits: Array
    long_rows: Array
    texts: tuple[str, ...]
    usual: Array
    known: Array
    empty: Array
    weight: float
    steady: int
    other: float
    again: int
    before: float
    columns: tuple[str, ...]
    settled: int
    waiting: tuple[str, ...]
    fresh: tuple[str, ...]


def nothing_seen(held: HeldState, texts: Sequence[str]) -> BlindnessState:
    """The state before the first window."""
    n, none = len(texts), float("nan")
    return BlindnessState(
        held=held, hits=np.zeros(len(COUNTED)), rows=np.zeros(len(COUNTED)),
        long_hits=np.zeros(len(COUNTED)), long_rows=np.zeros(len(COUNTED)), texts=tuple(texts),
        usual=np.zeros(n), known=np.zeros(n), empty=np.zeros(n), weight=none, steady=0, other=none,
        again=0, before=none, columns=(), settled=0, waiting=(), fresh=(),
    )  # fmt: skip


def of_texts(state: BlindnessState, texts: Sequence[str]) -> BlindnessState:
    """The state for other columns of text; what is known of those that stay goes on."""
    if state.texts == tuple(texts):
        return state
    fresh = nothing_seen(state.held, texts)
    for at, name in enumerate(fresh.texts):
        if name in state.texts:
            for part in ("usual", "known", "empty"):
                getattr(fresh, part)[at] = getattr(state, part)[state.texts.index(name)]
    return replace(
        state, texts=fresh.texts, usual=fresh.usual, known=fresh.known, empty=fresh.empty
    )


def counted(state: BlindnessState, profile: Profile) -> tuple[BlindnessState, Array]:
    """Shares of events that came late, too early, not in, or not at all; nan where a window is too
    small to say that it is over.  Shapes: float64[4]."""
    hits = np.array([_total(profile, sight_key(what)) for what in COUNTED])
    if not profile.rows and not hits.any():
        return state, np.full(len(COUNTED), np.nan)
    rows = profile.rows + hits
    slow = np.maximum(FADING, np.exp(-rows / LATELY))
    state = replace(
        state,
        hits=FADING * state.hits + hits,
        rows=FADING * state.rows + rows,
        long_hits=slow * state.long_hits + hits,
        long_rows=slow * state.long_rows + rows,
    )
    lately = np.where(state.hits >= FEW, state.hits / np.maximum(state.rows, 1.0), 0.0)
    share = np.where(hits >= FEW, hits / np.maximum(rows, 1.0), lately)
    none = 0.0 if profile.rows >= ENOUGH else np.nan  # one burst is over with the next full window
    return state, np.where(hits > 0, share, none)


def long_share(state: BlindnessState) -> Array:
    """The same shares over more rows: what lasts is not over because few show none, by luck.
    Shapes: float64[4]."""
    share: Array = state.long_hits / np.maximum(state.long_rows, 1.0)
    return share


def filled(state: BlindnessState, profile: Profile) -> tuple[BlindnessState, Array]:
    """Whether texts still have content, and events times of their own: the usual share of rows, 0
    once none has; nan where it never was usual.  Shapes: float64[T]."""
    n = float(profile.rows)
    if not n:
        return state, np.full(len(state.texts), np.nan)
    shares = np.array([_share(profile, name) for name in state.texts], np.float64)
    told = ~np.isnan(shares)
    full = told & (shares > 0)
    pace = n / np.minimum(state.known + n, 10 * KNOWN)
    moved = state.usual + np.minimum(pace, 1.0) * (np.nan_to_num(shares) - state.usual)
    is_known = state.known >= KNOWN
    learns = full | (told & ~is_known)  # what is missed is not what is usual
    empty = np.where(full, 0.0, np.where(told, state.empty + n, state.empty))
    missed = is_known & (state.usual >= USUAL)
    share = np.where(missed & told, np.where(empty >= EMPTY, 0.0, state.usual), np.nan)
    state = replace(
        state,
        usual=np.where(learns, moved, state.usual),
        known=np.where(learns, state.known + n, state.known),
        empty=empty,
    )
    return state, share


def sampled(state: BlindnessState, profile: Profile) -> tuple[BlindnessState, float]:
    """Whether rows stand for another number of events than they did: 1 in the window that shows it,
    0 in others, nan without rows.  Rows that stand for different numbers say nothing."""
    if not profile.rows:
        return state, np.nan
    readings = profile.metrics.get(sight_key(WEIGHT), Readings.zero())
    alone = Readings.times(profile.rows - readings.count)
    low, high = min(readings.low, alone.low), max(readings.high, alone.high)
    if low != high:
        return replace(state, again=0), 0.0
    if low == state.weight:
        return replace(state, steady=state.steady + 1, again=0), 0.0
    again = state.again + 1 if low == state.other and state.again else 1
    state = replace(state, other=low, again=again)
    if again < AGAIN and state.steady:
        return state, 0.0
    is_told = state.steady >= STEADY
    state = replace(state, before=state.weight, weight=low, steady=again, again=0)
    return state, float(is_told)


def widened(state: BlindnessState, profile: Profile) -> tuple[BlindnessState, float]:
    """How many columns began to come that the baseline does not have; nan without rows."""
    if not profile.rows:
        return replace(state, fresh=()), np.nan
    there = [
        key.removeprefix(NEW)
        for key, readings in profile.metrics.items()
        if key.startswith(NEW) and readings.total >= HALF * profile.rows
    ]
    new = [name for name in sorted(there) if name not in state.columns]
    settled = state.settled + 1
    told = new if settled <= SETTLING else [name for name in new if name in state.waiting]
    room = max(MOST_COLUMNS - len(state.columns), 0)
    fresh = tuple(told[:room]) if settled > SETTLING else ()
    state = replace(
        state,
        columns=(*state.columns, *told[:room]),
        settled=min(settled, SETTLING + 1),
        waiting=tuple(name for name in new if name not in told)[:room],
        fresh=fresh,
    )
    return state, float(len(fresh))


def _total(profile: Profile, key: str) -> float:
    readings = profile.metrics.get(key)
    return 0.0 if readings is None else readings.total


def _share(profile: Profile, name: str) -> float:
    """The share of rows with content; of times, of those that are their own."""
    if not name:
        return 1.0 - _total(profile, sight_key(GUESSED)) / profile.rows
    readings = profile.metrics.get(filled_key(name))
    return np.nan if readings is None or not readings.count else readings.total / readings.count
