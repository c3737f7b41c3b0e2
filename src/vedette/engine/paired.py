"""What twins do to a model.

Owns: when they are asked to be joined, counting pairs, the windows of pairs.  Does not own: joining
(`engine.pairing`), whether values agree (`derive.twins`), the monitor (`monitors.twins`).

A pair counts in the window of the drift clock in which it was found: the order of the log settles
that, so a window never opens again however late a twin is, and a replay gives the same numbers.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa

from vedette.core import rows as columns
from vedette.core.windows import Window
from vedette.derive.twins import codes
from vedette.engine.look import look
from vedette.engine.model import ModelState
from vedette.engine.outputs import PAIR, Closed, Output, Sampled, Wanted
from vedette.engine.pairing import OWN, Paired, Pairs
from vedette.engine.plan import PAIRS
from vedette.engine.skew_settings import SkewSettings
from vedette.engine.terms import replanned
from vedette.profiles.profile import Profile
from vedette.sketches.twins import SAME, Twins

AT_ONCE = 20_000  # twins that wait, at which they are joined before a window ends
BINNING = "twins"  # of profiles of pairs: no bins are theirs, so that any two of them add up
SAMPLED = 200  # ids of pairs of a window that are kept of a column, the first ones
EVERY = ""  # in the place of a column: pairs whatever they say
SAMPLED_COLUMNS = 50  # of a window; of the others there are counts alone


def announced(state: ModelState, twins: int) -> ModelState:
    """Twins came: they wait until they are joined."""
    t = state.twins
    return replace(state, twins=replace(t, came=t.came + twins, waiting=t.waiting + twins))


def wants_pairs(state: ModelState, ended: bool) -> bool:
    """Whether twins are to be joined now; `ended` says that a window of the drift clock did."""
    t = state.twins
    if state.baseline is None or not t.came:
        return False
    if ended:
        return bool(t.waiting or t.unmatched or state.pairs.open)
    return t.waiting >= AT_ONCE


def paired(state: ModelState, answer: Paired, now: int, out: list[Output]) -> ModelState:
    """Take pairs in, and look at them when a window of the drift clock has ended meanwhile."""
    t = state.twins
    profile, sample = counted(answer.batches, state.settings.skew, t.sample)
    if profile.rows:
        if not t.watched:
            state = replanned(replace(state, twins=replace(t, watched=True)), state.settings)
        state = _grown(state, profile)
    state = replace(
        state,
        twins=replace(
            state.twins,
            position=answer.position,
            waiting=t.waiting if answer.more else 0,
            unmatched=answer.unmatched,
            sample=sample,
            pairs=t.pairs + profile.rows,
            lost=t.lost + answer.lost,
        ),
    )
    if answer.more:
        out.append(Wanted(PAIR, 0, 0))
        return state  # a window is looked at with all that came
    return _closed(state, now, out)


def counted(
    batches: Iterable[Pairs],
    skew: SkewSettings,
    sample: Iterable[tuple[str, tuple[str, ...]]] = (),
) -> tuple[Profile, tuple[tuple[str, tuple[str, ...]], ...]]:
    """Count pairs by column and by how they disagree.

    Shapes: beside them ids of some that do, by column, and of some that come as they are under
    `EVERY`, all behind those of `sample`.
    """
    rows, twins, ids = 0, dict[str, Twins](), {name: list(own) for name, own in sample}
    for one in batches:
        rows += one.offline.num_rows
        names: pa.Array = one.offline.column(columns.ID)
        _add(ids, EVERY, names)
        for column in one.offline.schema.names:
            if column in OWN:
                continue
            values = (one.offline.column(column), one.online.column(column))
            found = codes(*values, skew.tolerance_of(column))
            fresh = Twins.of(found)
            twins[column] = twins[column].merge(fresh) if column in twins else fresh
            apart = np.flatnonzero(found != SAME)
            if len(apart) and (column in ids or len(ids) <= SAMPLED_COLUMNS):
                _add(ids, column, names.take(pa.array(apart)))
    kept = tuple((column, tuple(own)) for column, own in ids.items())
    return replace(Profile.zero("", BINNING), rows=rows, twins=twins), kept


def _add(ids: dict[str, list[str]], key: str, names: pa.Array) -> None:
    own = ids.setdefault(key, [])
    own += names[: SAMPLED - len(own)].to_pylist()


def _grown(state: ModelState, profile: Profile) -> ModelState:
    """The window of pairs under way, with more of them."""
    open: Mapping[int, Profile] = state.pairs.open
    before = next(iter(open.values()), None)
    whole = profile if before is None else before.merge(profile)
    return replace(state, pairs=replace(state.pairs, open={state.pairs.closed: whole}))


def _closed(state: ModelState, now: int, out: list[Output]) -> ModelState:
    """Look at the pairs that were found up to the end of the last window of the drift clock."""
    plan, end = state.plan, state.drift.closed
    assert plan is not None
    profile = next(iter(state.pairs.open.values()), None)
    if profile is None or end <= state.pairs.closed:
        return state
    window = Window(end - plan.pairs.width, end)
    profile = replace(profile, window=window, model=state.name, version=state.version)
    out.append(Closed(PAIRS, window, profile))
    if state.twins.sample:
        out.append(Sampled(window, dict(state.twins.sample)))
    state = replace(
        state,
        pairs=replace(state.pairs, open={}, closed=end),
        twins=replace(state.twins, sample=()),
    )
    if not plan.pairs.monitors:
        return state
    watch, incidents = look(state, plan.pairs, state.pairs, profile, window, now, out)
    return replace(state, pairs=watch, incidents=incidents)
