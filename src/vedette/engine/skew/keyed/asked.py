"""What is asked of a row by row comparison.

Owns: the options, their checks, tolerances.  Does not own: columns and their kinds (`kinds`).
"""

from collections.abc import Mapping, Sequence
from math import isfinite
from types import MappingProxyType

import msgspec

from vedette.core.durations import nanoseconds
from vedette.core.errors import SettingsError, UsageError

RELATIVE = 1e-6  # of floats: what single precision leaves, and a little more
DUPLICATES = ("skip", "first", "last")


class Tolerance(msgspec.Struct, frozen=True):
    """How far two values may lie apart and be the same: the wider of both.

    Units: `absolute` in the column's own unit, seconds for times; None is the column's default.
    """

    relative: float | None = None
    absolute: float | None = None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The options of a row by row comparison; see `vedette.engine.skew.keyed.compare.skew`."""

    key: tuple[str, ...]
    time: str | None = None
    within: str | None = None
    tolerances: Mapping[str, Tolerance] = MappingProxyType({})  # "" is every column of floats
    names: Mapping[str, str] = MappingProxyType({})  # online name: offline name
    columns: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    max_mismatch: float = 0.001
    duplicates: str = "skip"
    examples: int = 0
    memory: str = "2GB"
    threads: int | None = None


def make_asked(
    key: str | Sequence[str] | None,
    *,
    tolerance: object = None,
    names: Mapping[str, str] | None = None,
    columns: str | Sequence[str] = (),
    ignore: str | Sequence[str] = (),
    segments: str | Sequence[str] = (),
    time: str | None = None,
    within: str | None = None,
    max_mismatch: float = 0.001,
    duplicates: str = "skip",
    examples: int = 0,
    memory: str = "2GB",
    threads: int | None = None,
) -> Asked:
    """Check the options.  Errors: SettingsError; UsageError without a key, or for no names.

    Example:
        >>> make_asked("id", tolerance={"price": "abs:0.01"}).tolerances["price"]
        Tolerance(relative=None, absolute=0.01)
    """
    keys = _names(key or ())
    if not keys:
        raise UsageError("skew", "there is no key to join rows by", hint="name it: key=, or --key")
    if not 0 <= max_mismatch < 1:
        raise SettingsError("max_mismatch", "is no share of rows", got=max_mismatch, want="0 to 1")
    if duplicates not in DUPLICATES:
        want = ", ".join(DUPLICATES)
        raise SettingsError("duplicates", "is not known", got=repr(duplicates), want=want)
    if within is not None and time is None:
        raise SettingsError("within", "goes with a time", hint="name it: time=, or --time")
    if within is not None:
        nanoseconds(within, "within")
    if examples < 0:
        raise SettingsError("examples", "is no number of rows", got=examples)
    return Asked(
        key=keys, time=time, within=within, tolerances=tolerances(tolerance),
        names=dict(names or {}), columns=_names(columns), ignore=_names(ignore),
        segments=_names(segments), max_mismatch=float(max_mismatch), duplicates=duplicates,
        examples=examples, memory=memory, threads=threads,
    )  # fmt: skip


def tolerances(given: object) -> dict[str, Tolerance]:
    """Read tolerances: one number for all columns of floats, or by column.

    Shapes: a column's is a number (relative), "rel:0.001", "abs:0.01", "abs:1min", or both with a
    comma.  Errors: SettingsError.
    Example:
        >>> tolerances({"a": "rel:1e-3,abs:0.5"})["a"]
        Tolerance(relative=0.001, absolute=0.5)
    """
    if given is None:
        return {}
    if isinstance(given, Mapping):
        return {str(name): _tolerance(value, str(name)) for name, value in given.items()}
    return {"": _tolerance(given, "")}


def _tolerance(value: object, column: str) -> Tolerance:
    where = f"tolerance of column {column!r}" if column else "tolerance"
    if isinstance(value, Tolerance):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Tolerance(relative=_checked(float(value), where))
    found: dict[str, float] = {}
    for part in str(value).split(","):
        kind, colon, text = part.strip().rpartition(":")
        if kind not in (("rel", "abs") if colon else ("",)):
            raise SettingsError(where, "is not understood", got=repr(value), want="like abs:0.01")
        found[kind or "rel"] = _checked(_number(text, where, kind == "abs"), where)
    return Tolerance(relative=found.get("rel"), absolute=found.get("abs"))


def _number(text: str, where: str, length: bool) -> float:
    try:
        return float(text)
    except ValueError:
        if length:
            return nanoseconds(text, where) / 1e9
        raise SettingsError(where, "is no number", got=repr(text)) from None


def _checked(value: float, where: str) -> float:
    if not isfinite(value) or value < 0:
        raise SettingsError(where, "is below zero or not finite", got=value)
    return value


def _names(given: object) -> tuple[str, ...]:
    if isinstance(given, str):
        return (given,)
    if not isinstance(given, Sequence) or not all(isinstance(name, str) for name in given):
        raise UsageError("skew", "wanted the name of a column, or several", got=repr(given))
    return tuple(dict.fromkeys(given))
