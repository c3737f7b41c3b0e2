"""Moments as callers write them, in nanoseconds.

Owns: reading one moment.  Does not own: a clock; whole columns of moments (`sdk.frames`).
"""

from datetime import UTC, datetime

SECOND = 1_000_000_000


def nanoseconds(moment: object) -> int:
    """Nanoseconds since 1970-01-01 UTC of a moment.

    Units: a whole number is nanoseconds, a float seconds; text is ISO 8601.  A moment without a
    time zone is in UTC.
    Errors: TypeError or ValueError when it is none of these.

    Example:
        >>> nanoseconds(5), nanoseconds(1.5), nanoseconds("1970-01-01T00:00:02Z")
        (5, 1500000000, 2000000000)
    """
    if isinstance(moment, bool):
        raise TypeError("a time must not be a boolean")
    if isinstance(moment, int):
        return moment
    if isinstance(moment, float):
        return round(moment * 1e6) * 1000  # a float holds microseconds, and no more
    if isinstance(moment, str):
        return _of(datetime.fromisoformat(moment))
    if isinstance(moment, datetime):
        return _of(moment) + int(getattr(moment, "nanosecond", 0))  # pandas has them apart
    to_python = getattr(moment, "item", None)  # numpy's numbers; its datetime64[ns] says int
    if callable(to_python):
        return nanoseconds(to_python())
    raise TypeError(f"a time must not be of type {type(moment).__name__}")


def _of(moment: datetime) -> int:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    since = moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds * 1000
