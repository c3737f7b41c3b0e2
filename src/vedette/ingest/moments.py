"""Moments as senders write them.

Owns: reading ISO text and numbers as UTC nanoseconds, and which moments are believed.  Does not
own: clocks: the server's time comes with the call.
"""

from datetime import UTC, datetime, timedelta
from math import isfinite

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# A number of that size can be meant in one unit only: 1e11 seconds is the year 5138, 1e11
# milliseconds is 1973; likewise for micro- and nanoseconds.
SCALES = ((10**11, 10**9), (10**14, 10**6), (10**17, 10**3))


def moment(value: str | float) -> int:
    """Read a moment as UTC nanoseconds: ISO 8601 (UTC when it names no zone), or a number of
    seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by size.

    Errors: ValueError when it is neither.
    Example:
        >>> moment("2026-11-01T10:00:00Z") == moment(1793527200) == moment(1793527200000)
        True
        >>> moment("2026-11-01T11:00:00.000000001+01:00") - moment(1793527200)
        1
    """
    if isinstance(value, str):
        return _text(value)
    if not isfinite(value):
        raise ValueError("it is not finite")
    size = abs(value)
    for below, scale in SCALES:
        if size < below:
            whole = int(value)
            return whole * scale + round((value - whole) * scale)
    return int(value)


def unbelievable(time: int, received: int, ahead_s: int) -> str:
    """Why a moment cannot be when an event was served; "" when it can.

    Units: UTC nanoseconds; `received` by the server's clock.
    Example:
        >>> unbelievable(-1, 0, 60)
        'time is before 1970'
        >>> unbelievable(60_000_000_000, 0, 60), unbelievable(60_000_000_001, 0, 60)[:24]
        ('', 'time is 60 s ahead of th')
    """
    if time < 0:
        return "time is before 1970"
    ahead = time - received
    if ahead > ahead_s * 1_000_000_000:
        seconds = ahead // 1_000_000_000
        return f"time is {seconds} s ahead of the server's clock; check the sender's clock"
    return ""


def _text(text: str) -> int:
    if len(text) > 64:
        raise ValueError("it is too long")
    nano, head = 0, text
    dot = text.rfind(".")
    if dot > 0:
        end = dot + 1
        while end < len(text) and text[end] in "0123456789":
            end += 1
        digits = text[dot + 1 : end]
        if len(digits) > 6:  # the calendar keeps microseconds
            nano = int(digits[6:9].ljust(3, "0"))
            head = text[: dot + 7] + text[end:]
    when = datetime.fromisoformat(head)
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return (when - _EPOCH) // _MICROSECOND * 1000 + nano
