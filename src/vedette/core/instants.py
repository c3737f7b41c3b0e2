"""Instants as ISO 8601 writes them, and days since 1970.

Owns: which texts spell an instant (Python's `re` and RE2 read the expression alike), and their
value to the microsecond.  Does not own: what senders may write (`ingest.moments`), clocks.
"""

import re

_DATE = (
    "([0-9]{4})-(?:(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])"
    "|(0[469]|11)-(0[1-9]|[12][0-9]|30)|(02)-(0[1-9]|[12][0-9]))"
)
_CLOCK = "[T ]([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9])(?:[.]([0-9]{1,9}))?)?"
_OFFSET = "(Z|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)"
INSTANT = f"^{_DATE}(?:{_CLOCK}{_OFFSET}?)?$"  # all but 29 February of a common year
LEAP_DAY = "-02-29"  # a text that holds it needs `instant` to say whether the day exists

SECOND = 1_000_000  # microseconds
DAY = 86_400 * SECOND

_READ = re.compile(INSTANT[:-1] + r"\Z")


def instant(text: str) -> int | None:
    """Read an instant in ISO 8601, without an offset as UTC; None when the text spells none.

    Units: microseconds since 1970-01-01 UTC; what is finer is cut off.
    Example:
        >>> instant("1970-01-02"), instant("1970-01-01T01:00:01.5+01:00"), instant("2023-02-29")
        (86400000000, 1500000, None)
    """
    found = _READ.match(text)
    if found is None:
        return None
    year, *dates, hour, minute, second, fraction, offset = found.groups()
    month, day = (int(part) for part in dates if part)
    if (month, day) == (2, 29) and not is_leap(int(year)):
        return None
    seconds = int(hour or 0) * 3600 + int(minute or 0) * 60 + int(second or 0)
    micro = int((fraction or "0").ljust(6, "0")[:6])
    days = days_since_1970(int(year), month, day)
    return days * DAY + (seconds - _east(offset)) * SECOND + micro


def is_leap(year: int) -> bool:
    """Whether a year of the Gregorian calendar has 29 February."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_since_1970(year: int, month: int, day: int) -> int:
    """Count the days from 1970-01-01, in any year of the Gregorian calendar.

    Source: Hinnant, chrono-Compatible Low-Level Date Algorithms, `days_from_civil`.
    Example:
        >>> days_since_1970(1970, 1, 1), days_since_1970(2000, 3, 1)
        (0, 11017)
    """
    year -= month <= 2
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


def _east(offset: str | None) -> int:
    """Seconds that a clock is ahead of UTC."""
    if not offset or offset == "Z":
        return 0
    digits = offset[1:].replace(":", "").ljust(4, "0")
    seconds = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    return -seconds if offset[0] == "-" else seconds
