"""How far ordinary windows lie from one another in how their columns go together.

Owns: fitting it.  Does not own: the series (`associations`), the fit of any scores (`wobbles`),
what is bet against it (`monitors.dependence`).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.core.windows import Window
from vedette.profiles.associations import Associations
from vedette.profiles.dependence import Dependence
from vedette.profiles.natural import ENOUGH
from vedette.profiles.profile import WHOLE, Profile
from vedette.profiles.wobbles import fit_wobbles, overdispersion
from vedette.stats.season import Season

Array = NDArray[np.float64]

FITTED = ("t2", "phi", "misfit", "week", "nu")


def fit_dependence_variation(
    plan: Dependence,
    windows: Sequence[tuple[Window, Profile]],
    width_ns: int,
    *,
    flat: bool = False,
) -> Dependence:
    """Learn how columns of ordinary windows go together; as it is, of fewer than ENOUGH windows
    that were counted.

    ``flat`` says that the reference is a sample without times.

    Units: nanoseconds.  Bounds: about 1 s for 30 columns and 672 windows.
    """
    kept = [
        (window.start, profile.pairwise[WHOLE])
        for window, profile in sorted(windows, key=lambda pair: pair[0])
        if WHOLE in profile.pairwise and plan.fits(profile.pairwise[WHOLE])
    ]
    if len(kept) < ENOUGH:
        return plan
    held, season = Associations(plan), Season.of(width_ns, len(kept))
    K = len(held.live)
    y, n, Q, mean, rows = (np.zeros((len(kept), K)) for _ in range(5))
    for t, (_, counts) in enumerate(kept):
        seen = held.shown(counts)
        y[t], n[t] = seen.y, seen.n
        Q[t], mean[t], rows[t] = seen.shape.Q, seen.shape.mean, seen.rows
    starts = np.array([start for start, _ in kept], np.int64)
    worth = n / np.where(held.live, plan.parts["unit"], 1.0)
    found = fit_wobbles(y[:, :, None], worth, starts, season, held.live[:, None])
    parts: dict[str, NDArray[Any]] = {name: found[name][:, 0] for name in FITTED}
    shape = (width_ns, len(kept), int(flat), season.harmonics, int(season.weekly))
    parts |= {
        "season": np.array(shape, np.int64),
        "used": (n > 0).sum(0).astype(np.int64),
        "beta": found["beta"][:, :, 0],
        "inverse": found["inverse"],
        "excess": overdispersion(Q, mean, rows),
    }
    return replace(plan, parts={**plan.parts, **parts})
