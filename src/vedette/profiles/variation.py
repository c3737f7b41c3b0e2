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
from vedette.stats import residual
from vedette.stats.season import DAY, Season, believed, least_squares, mixed, usual_mix
from vedette.stats.shrinkage import shrink
from vedette.stats.tolerance import dispersion
from vedette.stats.whitening import advance, degrees, filtered
from vedette.stats.window_scores import SCORES
from vedette.stats.wobble import fit_wobble, spectrum

Array = NDArray[np.float64]

TOGETHER = 256  # streams fitted at once, which bounds the memory
LONGEST_GAP = 48  # windows without a row in a row; longer gaps are cut to it
UNEASY = 2.0  # times the counting noise, from which wobble decides what a window weighs
FLOOR = (0.05 / 3) ** 2  # of the filter's noise while tails are fitted, the default min_effect
MOST = 1000.0  # degrees of freedom: normal


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
    """Season and wobble, then wobble again once it is known how much of the season is believed."""
    live, X = streams.live, season.design(h.starts)
    T = np.maximum((h.n > 0).sum(0), 1)
    W = h.n / np.maximum(h.n.mean(0), 1e-300)
    inverse = np.where(h.n > 0, 1 / np.maximum(h.n, 1), 0.0).sum(0) / T
    slots, per_day = _slots(h.starts, season.width), DAY / season.width
    beta = least_squares(X, h.y, W)
    gram = np.einsum("tk,tc,tl->ckl", X, W, X, optimize=True)

    def wobble(beta: Array, lost: float) -> tuple[Array, Array, Array, Array]:
        r = (h.y - np.einsum("tk,ckj->tcj", X, beta, optimize=True)) * (h.n > 0)[:, :, None]
        found = fit_wobble(_spread(r, slots), _spread(h.n, slots), per_day, lost, live)
        return r, found.t2, found.phi, found.up

    _, t2, phi, _ = wobble(beta, season.size)
    uneasy = t2.max(1) > UNEASY * inverse
    if uneasy.any():
        # Rows are not what limits these: quiet hours tell as much of the season as busy ones.
        even = np.where(h.n > 0, 1 / (1 / np.maximum(h.n, 1) + t2.max(1)), 0.0)
        W = np.where(uneasy, even / np.maximum(even.mean(0), 1e-300), W)
        beta = least_squares(X, h.y, W)
        gram = np.einsum("tk,tc,tl->ckl", X, W, X, optimize=True)
        _, t2, phi, _ = wobble(beta, season.size)
    misfit, week, kept = np.zeros_like(t2), np.zeros_like(t2), 1.0
    for first, last, frequency in season.groups:
        noise = spectrum(t2, phi, inverse[:, None], frequency)
        share = believed(beta[:, first:last], gram[:, first:last, first:last], noise)
        beta[:, first:last] *= share[:, None]
        week = share * (last - first) * noise / T[:, None]
        misfit = misfit + week
        kept += float(share[live].mean()) * (last - first) if live.any() else 0.0
    rest = h.y - np.einsum("tk,ckj->tcj", X[:, 1:], beta[:, 1:], optimize=True)
    beta[:, 0] = (rest * W[:, :, None]).sum(0) / np.maximum(W.sum(0), 1e-300)[:, None]
    r, t2, phi, up = wobble(beta, kept)
    t2 = np.where(live, t2 + up, 0.0)
    phi = np.where(live, phi, 0.0)
    nu = _tails(r, h, slots, (t2, phi, FLOOR + misfit), live, season.size)
    return {
        "beta": beta * live[:, None],
        "t2": t2,
        "phi": phi,
        "misfit": misfit * live,
        "week": (week if season.weekly else np.zeros_like(week)) * live,
        "nu": nu,
        "inverse": inverse,
        "excess": _excess(h),
        "distance": _distance(streams, h),
    }


def _slots(starts: NDArray[np.int64], width: int) -> NDArray[np.int64]:
    """The place of every window in a row without long gaps."""
    steps = np.minimum(np.diff(starts) // width, LONGEST_GAP)
    return np.concatenate([[0], np.cumsum(np.maximum(steps, 1))])


def _spread(x: Array, slots: NDArray[np.int64]) -> Array:
    """Put windows where they belong, with zeros in the gaps."""
    if slots[-1] + 1 == len(x):
        return x
    wide = np.zeros((int(slots[-1]) + 1, *x.shape[1:]))
    wide[slots] = x
    return wide


def _tails(
    r: Array,
    h: _History,
    slots: NDArray[np.int64],
    noise: tuple[Array, Array, Array],
    live: NDArray[np.bool_],
    lost: int,
) -> Array:
    """Degrees of freedom of the whitened windows, from their kurtosis."""
    t2, phi, floor = noise
    m, P, last = np.zeros_like(t2), t2.copy(), np.full(len(t2), -1)
    second, fourth = np.zeros_like(t2), np.zeros_like(t2)
    for t, slot in enumerate(slots.tolist()):
        used = (h.n[t] > 0)[:, None]
        gap = np.where(used[:, 0] & (last >= 0), slot - last - 1, 0)
        if gap.any():
            m, P = advance(m, P, t2, phi, gap[:, None].astype(np.float64))
        step = filtered(r[t], 1 / np.maximum(h.n[t], 1)[:, None] + floor, m, P, t2, phi)
        m, P = np.where(used, step.m, m), np.where(used, step.P, P)
        last = np.where(used[:, 0], slot, last)
        square = np.where(used, step.innovation**2 / step.V, 0.0)
        second, fourth = second + square, fourth + square**2
    T = np.maximum((h.n > 0).sum(0), 1)[:, None]
    excess = fourth / T / np.maximum((second / T) ** 2, 1e-300) - 3
    excess, _ = shrink(excess, np.broadcast_to(96 / T, excess.shape), live)
    nu: Array = np.minimum(np.clip(T - lost, 5.0, MOST), degrees(excess))
    return nu


def _excess(h: _History) -> Array:
    """Overdispersion of the shape residual per row, and two standard errors."""
    used = (h.n >= residual.FEWEST) & (h.mean > 1e-9)
    x = np.where(used, h.n, 0.0)
    q = np.where(used, h.Q / np.maximum(h.mean, 1e-9) - 1, 0.0)
    squares = np.maximum((x * x).sum(0), 1.0)
    slope = (x * q).sum(0) / squares
    error = np.sqrt((x * x * (q - x * slope) ** 2).sum(0)) / squares
    found: Array = np.maximum(0, slope) + 2 * error
    return found


def _distance(streams: Streams, h: _History) -> Array:
    """How far all windows together lie from the baseline's own counts, noise removed."""
    n = h.total.sum(1)
    y = (h.total[:, None] @ streams.phi)[:, 0] / np.maximum(n, 1)[:, None]
    noise = streams.live.sum(1) * (1 / np.maximum(n, 1) + 1 / np.maximum(streams.m, 1))
    distance: Array = np.sqrt(np.maximum(0.0, (y**2).sum(1) - noise))
    return distance
