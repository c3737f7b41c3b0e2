"""Lengths of time as people write them.

Owns: "90s", "5min", "1h", "30d" to nanoseconds and back.  Does not own: instants, calendars.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from vedette.core.errors import SettingsError

SECOND = 1_000_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND
UNITS: Mapping[str, int] = MappingProxyType(
    {"ms": SECOND // 1000, "s": SECOND, "min": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
)
_YEAR = 365 * DAY
_FORM = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d|w|y)\s*")


def nanoseconds(text: str, where: str = "duration") -> int:
    """Read a length of time.

    Errors: SettingsError for anything but a number and a unit.
    Example:
        >>> nanoseconds("90s") == nanoseconds("1.5min"), nanoseconds("1h"), nanoseconds("30d")
        (True, 3600000000000, 2592000000000000)
    """
    length = _read(text)
    if length is None:
        raise SettingsError(
            where, "is no length of time", got=repr(text), want="like 90s, 5min, 1h, 30d"
        )
    return length


@lru_cache(maxsize=256)  # settings are asked for their lengths with every record and every page
def _read(text: str) -> int | None:
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    unit = {"m": MINUTE, "y": _YEAR, **UNITS}[found[2]]
    return round(float(found[1]) * unit)


def spell(length: int) -> str:
    """Write a length of time in its largest whole unit.

    Units: nanoseconds.
    Example:
        >>> spell(90 * SECOND), spell(2 * HOUR), spell(30 * DAY), spell(1_500_000_000)
        ('90 s', '2 h', '30 d', '1.5 s')
    """
    for name, unit in (("d", DAY), ("h", HOUR), ("min", MINUTE)):
        if length >= unit and length % unit == 0:
            return f"{length // unit} {name}"
    return f"{length / SECOND:g} s"


def roughly(length: int) -> str:
    """Say a length of time to a person, rounded.

    Units: nanoseconds.
    Example:
        >>> roughly(100 * SECOND), roughly(5400 * SECOND), roughly(50 * HOUR), roughly(20 * DAY)
        ('2 minutes', '90 minutes', '2 days', '20 days')
    """
    for name, unit, limit in (
        ("second", SECOND, 90), ("minute", MINUTE, 120), ("hour", HOUR, 48),
    ):  # fmt: skip
        if length < limit * unit:
            n = max(round(length / unit), 0)
            return f"{n} {name}" + ("" if n == 1 else "s")
    n = round(length / DAY)
    return f"{n} days"
