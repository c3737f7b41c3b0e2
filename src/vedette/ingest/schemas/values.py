"""Values of a schema as other tools write them.

Owns: limits as numbers and instants, listed values as columns hold them.  Does not own: formats.
"""

from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

from vedette.core.instants import SECOND
from vedette.core.reading import TRUTHS, moment, number, plain
from vedette.ingest.schemas.draft import number_of, quoted


def short_number(limit: float) -> float | int:
    """A whole number as one, as far as that is exact.

    Example:
        >>> short_number(3.0), short_number(0.5)
        (3, 0.5)
    """
    return int(limit) if abs(limit) < 2**53 and limit == int(limit) else limit


def listed_value(spelt: str, kind: str) -> str | float | int | bool:
    """A listed value as a column of this kind holds it; as text where it is none of the kind's.

    Example:
        >>> [listed_value("1", kind) for kind in ("integer", "category", "boolean")]
        [1, '1', True]
    """
    if kind == "boolean":
        return TRUTHS.get(spelt, spelt)
    read = number(spelt) if kind in ("integer", "numeric") else None
    return spelt if read is None else short_number(float(read))


def read_limit(value: Any) -> tuple[float, bool] | None:
    """A limit as a constraint has it, and whether it is an instant; None for what is neither.

    Units: of an instant, seconds since 1970-01-01 UTC.
    Example:
        >>> read_limit(3), read_limit("1970-01-02"), read_limit("soon")
        ((3.0, False), (86400.0, True), None)
    """
    value = plain(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (float(value), False) if isfinite(value) else None
    at = None if isinstance(value, bool) else moment(value)
    return None if at is None else (at / SECOND, True)


def ruled_limit(value: Any) -> str | None:
    """A limit as a rule writes it; None for what a rule cannot compare with.

    Example:
        >>> ruled_limit(3.0), ruled_limit("1970-01-02"), ruled_limit("soon"), ruled_limit(None)
        ('3', "time('1970-01-02T00:00:00')", "'soon'", None)
    """
    value = plain(value)
    limit = read_limit(value)
    if limit is None:
        return quoted(value) if isinstance(value, str) else None
    seconds, is_time = limit
    return f"time({quoted(spelt_instant(seconds))})" if is_time else number_of(seconds)


def spelt_instant(seconds: float) -> str:
    """An instant in ISO 8601, in UTC and without saying so, as most tables have it.

    Example:
        >>> spelt_instant(86400), spelt_instant(1.5)
        ('1970-01-02T00:00:00', '1970-01-01T00:00:01.500000')
    """
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return at.replace(tzinfo=None).isoformat()


def written_limit(limit: float, kind: str) -> float | int | str:
    """A limit of a field of some kind as other tools write it.

    Example:
        >>> written_limit(86400, "time"), written_limit(2.0, "numeric")
        ('1970-01-02T00:00:00', 2)
    """
    return spelt_instant(limit) if kind == "time" else short_number(limit)
