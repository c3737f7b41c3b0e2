"""What an audit of fairness is asked, checked.

Owns: the options and their defaults.  Does not own: names of columns (`engine.settings`), reading
tables (`engine.audit.reading`), verdicts (`stats.fairness`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from vedette.core.errors import SettingsError, nearest

LEAST = 30  # rows below which a group is not judged
MINIMUM = 10  # rows below which its figures are not shown: of fewer, people know who is meant
DEEPEST = 3  # columns that meet in a group
MOST_COLUMNS = 8  # sensitive columns at once: 28 pairs of them
BEST = "best"  # the word that holds each group against the one with the highest rate


@dataclass(frozen=True)
class Asked:
    """How fairness is looked at.  Every limit is a setting, none is law.

    Shapes: `against` holds what groups are held against beside the rest: labels of groups, as
    "race=White", or "best"; `depth` columns meet at most; `chances` says of a sensitive column
    which column holds the chance of each of its groups; `cuts` where a numeric one is cut.
    Nothing is judged of fewer than `least` rows, and nothing shown of fewer than `minimum`.
    Units: `ratio` a ratio of selection rates, `gap` a difference of shares, `level` a probability.
    """

    group: tuple[str, ...]
    positive: str | None = None
    threshold: float | None = None
    against: tuple[str, ...] = ()
    depth: int = 2
    least: int = LEAST
    minimum: int = MINIMUM
    ratio: float = 0.8
    gap: float = 0.05
    level: float = 0.95
    measures: tuple[str, ...] = ()
    cuts: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    chances: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    proxies: bool = True

    @property
    def enough(self) -> int:
        """Rows from which a group is judged: what may not be shown is not judged, either."""
        return max(self.least, self.minimum)

    def document(self) -> dict[str, Any]:
        """The options as plain data."""
        return {
            "group": list(self.group), "positive": self.positive, "threshold": self.threshold,
            "against": list(self.against), "depth": self.depth, "least": self.least,
            "minimum": self.minimum, "ratio": self.ratio, "gap": self.gap, "level": self.level,
            "measures": list(self.measures),
            "cuts": {name: list(edges) for name, edges in self.cuts.items()},
            "chances": {name: dict(held) for name, held in self.chances.items()},
            "proxies": self.proxies,
        }  # fmt: skip


def make_asked(
    group: str | Sequence[str],
    *,
    positive: object = None,
    threshold: float | None = None,
    against: str | Sequence[str] | None = None,
    intersections: bool | int = True,
    least: int = LEAST,
    minimum: int = MINIMUM,
    ratio: float = 0.8,
    gap: float = 0.05,
    level: float = 0.95,
    measures: str | Sequence[str] = (),
    bands: Mapping[str, Sequence[float]] | None = None,
    chances: Mapping[str, Mapping[str, str]] | None = None,
    proxies: bool = True,
) -> Asked:
    """Check the options of an audit.

    Errors: SettingsError for a value outside its range.
    Example:
        >>> make_asked("sex", intersections=False).depth
        1
        >>> make_asked([], ratio=2.0)
        Traceback (most recent call last):
        ...
        vedette.core.errors.SettingsError: fairness: ratio is out of range; got 2; wanted above 0 \
and at most 1
    """
    _within("ratio", ratio, 0, 1, "above 0 and at most 1")
    _within("gap", gap, 0, 1, "above 0 and at most 1")
    _within("level", level, 0.5, 0.9999, "above 0.5 and below 1, like 0.95")
    for name, rows in (("least", least), ("minimum", minimum)):
        if type(rows) is not int or rows < 1:
            raise SettingsError(
                "fairness", f"{name} is no number of rows", got=repr(rows), want="1 or more"
            )
    number = isinstance(threshold, int | float) and not isinstance(threshold, bool)
    if threshold is not None and not (number and isfinite(threshold)):
        raise SettingsError("fairness", "threshold is no number", got=repr(threshold))
    names = _names("group", group)
    held = {column: dict(known) for column, known in (chances or {}).items()}
    _check_chances(held)
    if not names and not held:
        raise SettingsError(
            "fairness", "no sensitive column is named", hint="name it: group='sex', or --group sex"
        )
    if len(names) > MOST_COLUMNS:
        raise SettingsError(
            "fairness", "too many sensitive columns", got=len(names), want=f"at most {MOST_COLUMNS}"
        )
    return Asked(
        names,
        None if positive is None else _spelt(positive),
        threshold,
        _names("against", () if against is None else against),
        _depth(intersections),
        least,
        minimum,
        ratio,
        gap,
        level,
        _names("measures", measures),
        {name: _edges(name, edges, names) for name, edges in (bands or {}).items()},
        held,
        proxies,
    )


def _within(name: str, value: object, low: float, high: float, want: str) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not low < value <= high:  # type: ignore[operator]
        got = f"{value:g}" if number else repr(value)
        raise SettingsError("fairness", f"{name} is out of range", got=got, want=want)


def _names(what: str, given: str | Sequence[str]) -> tuple[str, ...]:
    """Names of columns, from one or several, each once."""
    every: list[object] = [given]
    if not isinstance(given, str) and isinstance(given, Iterable):
        every = list(given)
    names = list[str]()
    for name in every:
        if type(name) is not str or not name:
            raise SettingsError(
                "fairness", f"{what} holds no name", got=repr(name), want="names of columns"
            )
        names.append(name)
    return tuple(dict.fromkeys(names))


def _depth(intersections: bool | int) -> int:
    if isinstance(intersections, bool):
        return 2 if intersections else 1
    if type(intersections) is not int or not 1 <= intersections <= DEEPEST:
        raise SettingsError(
            "fairness", "intersections is out of range", got=repr(intersections),
            want=f"true, false, or how many columns meet, 1 to {DEEPEST}",
        )  # fmt: skip
    return intersections


def _edges(name: str, edges: Sequence[float], group: tuple[str, ...]) -> tuple[float, ...]:
    if name not in group:
        hint = nearest(name, group)
        raise SettingsError("fairness", f"bands: {name!r} is no sensitive column", hint=hint)
    found = sorted({float(edge) for edge in edges})
    if not found or not all(isfinite(edge) for edge in found):
        raise SettingsError(
            "fairness", f"bands of {name!r} hold no edges", got=repr(edges), want="like [25, 40]"
        )
    return tuple(found)


def _check_chances(chances: Mapping[str, Mapping[str, str]]) -> None:
    for column, held in chances.items():
        if len(held) < 2:
            raise SettingsError(
                "fairness", f"chances of {column!r} name fewer than two groups", got=len(held),
                want="group -> the column that holds its chance, for every group",
            )  # fmt: skip


def _spelt(value: object) -> str:
    """A class as text: `True` of Python is the `true` of a table."""
    return str(value).lower() if isinstance(value, bool) else str(value)
