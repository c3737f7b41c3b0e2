"""Fitting natural variation on ordinary windows.

Owns: the order of the fit: scores, season, wobble, tails, shape, rates.  Does not own: the
statistics.  Streams of a kind are fitted together, for they are shrunk towards each other.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.core.windows import Window
from vedette.profiles.baseline import Baseline
from vedette.profiles.binning import NumericBinning
from vedette.profiles.natural import ENOUGH, SPECIALS, Variation
from vedette.profiles.profile import Profile
from vedette.profiles.streams import Key, Seen, Streams, keys_of
from vedette.profiles.wobbles import fit_wobbles, overdispersion
from vedette.stats import residual
from vedette.stats.season import Season, mixed, usual_mix
from vedette.stats.tolerance import dispersion
from vedette.stats.window_scores import SCORES

Array = NDArray[np.float64]

TOGETHER = 256  # streams fitted at once, which bounds the memory


def fit_variation(
    baseline: Baseline,
    windows: Sequence[tuple[Window, Profile]],
    width_ns: int,
    flat: bool = False,
) -> Variation:
    """Learn what ordinary windows look like.  Windows without rows are skipped.

    ``flat`` says that the baseline's own counts come from a sample without times: the windows are
    the warm-up, level and season are theirs, and how far the sample lies from them is kept.

    Units: nanoseconds.  Bounds: a few seconds for 200 columns and 672 windows.
    """
    kept = [(w, p) for w, p in sorted(windows, key=lambda pair: pair[0]) if p.rows]
    keys, season = keys_of(baseline), Season.of(width_ns, len(kept))
    fitted = _empty(keys, season)
    starts = np.array([window.start for window, _ in kept], np.int64)
    mixes: dict[tuple[int, ...], Array] = {}
    totals: dict[tuple[int, ...], Array] = {}
    for chosen in _groups(baseline, keys):
        streams = Streams.of(baseline, [keys[i] for i in chosen])
        seen: Iterable[Seen] = (streams.read(profile) for _, profile in kept)
        mix = None
        if len(kept) >= ENOUGH and not streams.ordered.any():
            seen = list(seen)
            mix = _mix(streams, seen, season, starts)
        history = _history(streams, seen, starts, season, mix)
        part = _rates(history)
        if mix is not None:
            mixes[tuple(chosen)] = mix
        totals[tuple(chosen)] = history.total
        if len(kept) >= ENOUGH:
            part |= _scores(streams, history, season)
        for name, values in part.items():
            fitted[name][chosen] = values
    whole: dict[str, Any] = fitted | _joined(mixes, season) | {"total": _padded(totals)}
    whole["used"] = fitted["used"].astype(np.int64)
    return Variation(
        keys, width_ns, len(kept), flat, season.harmonics, season.weekly,
        **whole,
    )  # fmt: skip


def _empty(keys: Sequence[Key], season: Season) -> dict[str, Array]:
    C = len(keys)
    found = {name: np.zeros(C) for name in ("used", "inverse", "excess", "rows", "distance")}
    found |= {name: np.zeros((C, SCORES)) for name in ("t2", "phi", "misfit", "week", "nu")}
    found |= {name: np.zeros((C, len(SPECIALS))) for name in ("hits", "dispersion")}
    found["beta"] = np.zeros((C, season.size, SCORES))
    return found


def _groups(baseline: Baseline, keys: Sequence[Key]) -> Iterator[list[int]]:
    """Ordered and nominal, all rows and segments apart."""
    kinds: dict[tuple[bool, bool], list[int]] = {}
    for i, (column, segment) in enumerate(keys):
        kind = (isinstance(baseline.binnings[column], NumericBinning), segment == "")
        kinds.setdefault(kind, []).append(i)
    for members in kinds.values():
        for at in range(0, len(members), TOGETHER):
            yield members[at : at + TOGETHER]


class _History(NamedTuple):
    """What the windows show.  Shapes: T windows; y (T, C, J), n, rows, Q, mean (T, C), special
    (T, C, 3), total (C, K)."""

    starts: NDArray[np.int64]
    y: Array
    n: Array
    rows: Array
    special: Array
    Q: Array
    mean: Array
    total: Array


def _mix(
    streams: Streams, seen: Sequence[Seen], season: Season, starts: NDArray[np.int64]
) -> Array:
    """The season of every category's share, for nominal streams.  Shapes: (C, k, K)."""
    counts, n = np.stack([one.counts for one in seen]), np.stack([one.n for one in seen])
    return usual_mix(counts, n, streams.p, season.design(starts), season)


def _joined(mixes: Mapping[tuple[int, ...], Array], season: Season) -> dict[str, Any]:
    """Mixes of several groups in one array, padded alike."""
    wide = max((mix.shape[2] for mix in mixes.values()), default=0)
    padded = [np.pad(m, ((0, 0), (0, 0), (0, wide - m.shape[2]))) for m in mixes.values()]
    places = [i for chosen in mixes for i in chosen]
    return {
        "mixed": np.array(places, np.int64),
        "mix": np.concatenate([np.zeros((0, season.size, wide)), *padded]),
    }


def _padded(totals: Mapping[tuple[int, ...], Array]) -> Array:
    """Rows by place of all streams in their order, padded alike.  Shapes: (C, K)."""
    wide = max((one.shape[1] for one in totals.values()), default=0)
    found = np.zeros((sum(map(len, totals)), wide))
    for chosen, one in totals.items():
        found[list(chosen), : one.shape[1]] = one
    return found


def _history(
    streams: Streams,
    seen: Iterable[Seen],
    starts: NDArray[np.int64],
    season: Season,
    mix: Array | None,
) -> _History:
    T, C = len(starts), len(streams.keys)
    y, special = np.zeros((T, C, SCORES)), np.zeros((T, C, len(SPECIALS)))
    n, rows, Q, mean = (np.zeros((T, C)) for _ in range(4))
    total = np.zeros(streams.p.shape)
    X = season.design(starts)
    for t, one in enumerate(seen):
        y[t], n[t], rows[t], special[t] = streams.scores(one), one.n, one.rows, one.special
        total += one.counts
        if T >= ENOUGH:
            where = streams.places
            if mix is not None:
                where = where._replace(p=mixed(streams.p, X[t], mix))
            shape = residual.shape_residual(one.counts, one.n, where)
            Q[t], mean[t] = shape.Q, shape.mean
    return _History(starts, y, n, rows, special, Q, mean, total)


def _rates(h: _History) -> dict[str, Array]:
    return {
        "hits": h.special.sum(0),
        "rows": h.rows.sum(0),
        "dispersion": dispersion(h.special, h.rows),
        "used": (h.n > 0).sum(0).astype(np.float64),
    }


def _scores(streams: Streams, h: _History, season: Season) -> dict[str, Array]:
    """Season and wobble of the scores, and how far they lie from the sample."""
    found = fit_wobbles(h.y, h.n, h.starts, season, streams.live)
    return found | {"excess": overdispersion(h.Q, h.mean, h.n), "distance": _distance(streams, h)}


def _distance(streams: Streams, h: _History) -> Array:
    """How far all windows together lie from the baseline's own counts, noise removed."""
    n = h.total.sum(1)
    y = (h.total[:, None] @ streams.phi)[:, 0] / np.maximum(n, 1)[:, None]
    noise = streams.live.sum(1) * (1 / np.maximum(n, 1) + 1 / np.maximum(streams.m, 1))
    distance: Array = np.sqrt(np.maximum(0.0, (y**2).sum(1) - noise))
    return distance
