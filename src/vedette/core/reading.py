"""One value of a row, read as its kind says: as a number, a text, true or false, an instant.

Owns: these readings; `derive.checks` reads whole columns alike.  Does not own: judging what was
read (`core.judge`).
"""

import math
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from vedette.core.instants import DAY, SECOND, days_since_1970, instant

# How tables without a boolean type spell one; numbers come as their text.
TRUTHS = dict.fromkeys(("1", "1.0", "True", "TRUE", "true"), True) | dict.fromkeys(
    ("0", "0.0", "False", "FALSE", "false"), False
)
_PLAIN = (str, int, float, list, tuple, dict, bytes)
LEAST, MOST = -(2**63), 2**64  # whole numbers that a table can hold: from, up to


def plain(value: object) -> object:
    """A value of an array library as Python has it: a number of numpy's, an array as a list.

    Example:
        >>> plain(3), plain((1, 2))
        (3, (1, 2))
    """
    if value is None or isinstance(value, _PLAIN):
        return value
    if isinstance(value, datetime):
        return None if value != value else value  # pandas' "not a time"
    turn = getattr(value, "tolist", None)  # numpy's, without loading numpy
    if not callable(turn):
        return value
    try:
        return turn()
    except (TypeError, ValueError, RuntimeError):
        return value


def number(value: object) -> float | int | None:
    """A value as a number; None for what is none.  True and false are none; text may spell one.

    Units: durations in seconds.  Bounds: None for what is too large for a 64-bit real.
    Example:
        >>> number(3), number("2.5"), number("x"), number(True), number(10**400)
        (3, 2.5, None, None, None)
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, timedelta):
        return value.total_seconds()
    if not isinstance(value, (int, float, str, Decimal)):
        return None
    try:
        real = float(value)
    except (ValueError, OverflowError):
        return None
    return value if isinstance(value, int) else real


def truth(value: object) -> bool | None:
    """A value as true or false, however spelt; None for what is neither.

    Example:
        >>> truth(True), truth(1), truth("FALSE"), truth("maybe"), truth([1])
        (True, True, False, None, None)
    """
    spelled = text(value)
    return None if spelled is None else TRUTHS.get(spelled)


def text(value: object) -> str | None:
    """A value as text, spelt as a table of text would; None for bytes and nested values, and for
    instants whose year in UTC has no text.

    Source: agrees with Arrow's cast to string, but for float32.
    Example:
        >>> text(True), text(1.0), text(1e20), text(0.1), text(b"x")
        ('true', '1', '1e+20', '0.1', None)
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return _digits(value)
    if isinstance(value, float):
        return _real(value)
    if isinstance(value, datetime):
        zone = "Z" if value.tzinfo else ""
        try:
            value = value.astimezone(UTC) if zone else value
        except OverflowError:  # in UTC it lies before the year 1, or after 9999
            return None
        return value.replace(tzinfo=None).isoformat(" ", "microseconds") + zone
    if isinstance(value, time):
        return value.replace(tzinfo=None).isoformat("microseconds")
    # A UUID is told by its name: the module that makes them reads the machine's luck and clock.
    if isinstance(value, (date, Decimal)) or type(value).__name__ == "UUID":
        return str(value)
    if isinstance(value, timedelta):
        return str(value // timedelta(microseconds=1))
    return None


def moment(value: object) -> int | None:
    """A value as an instant, or a time of day; None for what is neither.

    Whole numbers are nanoseconds since 1970, as everywhere in vedette.
    Units: microseconds since 1970-01-01 UTC; of a time of day, since midnight.
    Example:
        >>> moment("1970-01-01T00:00:01Z"), moment(1_000_000_000), moment("soon"), moment(True)
        (1000000, 1000000, None, None)
    """
    if isinstance(value, str):
        return instant(value)
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value // 1000 if LEAST <= value < -LEAST else None
    if isinstance(value, time):
        return _of_day(value)
    if isinstance(value, datetime):
        offset = value.utcoffset()
        east = 0 if offset is None else offset // timedelta(microseconds=1)
        return _days(value) * DAY + _of_day(value) - east
    return _days(value) * DAY if isinstance(value, date) else None


def _days(day: date) -> int:
    return days_since_1970(day.year, day.month, day.day)


def _of_day(clock: time | datetime) -> int:
    return ((clock.hour * 60 + clock.minute) * 60 + clock.second) * SECOND + clock.microsecond


def _digits(value: int) -> str | None:
    try:
        return str(value)
    except ValueError:  # more digits than Python is willing to write
        return None


def _real(value: float) -> str:
    """The shortest text that reads back as the number: plain from 1e-6 to below 1e10."""
    if not math.isfinite(value):
        return repr(value)
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else "0"
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    written = "".join(map(str, digits))
    power = int(exponent) + len(digits) - 1
    minus = "-" if sign else ""
    if not -6 <= power < 10:
        point = f"{written[0]}.{written[1:]}" if len(written) > 1 else written
        return f"{minus}{point}e{power:+d}"
    if power < 0:
        return f"{minus}0.{'0' * (-power - 1)}{written}"
    whole, rest = written[: power + 1].ljust(power + 1, "0"), written[power + 1 :]
    return f"{minus}{whole}.{rest}" if rest else minus + whole
