"""Stretches of event time.

Owns: the half-open window [start, end) in UTC nanoseconds.  Does not own: clocks, lateness,
calendars.
"""

from datetime import UTC, datetime
from typing import Self

import msgspec

from vedette.core.errors import UsageError


class Window(msgspec.Struct, frozen=True, order=True):
    """A half-open stretch of event time.  Units: nanoseconds since 1970-01-01 UTC."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if self.start > self.end:
            raise UsageError("window", "starts after it ends", got=f"{self.start} > {self.end}")

    def hull(self, other: Self) -> Self:
        """The smallest window that covers both.

        Example:
            >>> Window(0, 2).hull(Window(5, 6))
            Window(start=0, end=6)
        """
        return type(self)(min(self.start, other.start), max(self.end, other.end))

    def isoformat(self) -> tuple[str, str]:
        """First and last instant as ISO 8601 text in UTC, to the second."""
        return iso(self.start), iso(max(self.start, self.end - 1))


def parse_instant(text: str, where: str = "time") -> int:
    """Read an instant in ISO 8601; without an offset it is UTC.

    Units: nanoseconds since 1970-01-01 UTC.  Errors: UsageError for anything else.
    Example:
        >>> parse_instant("1970-01-02"), parse_instant("1970-01-01T01:00:01+01:00")
        (86400000000000, 1000000000)
    """
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(
            where, "is no instant", got=repr(text), want="like 2026-11-01T10:00:00Z"
        ) from None
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    whole = int(found.replace(microsecond=0).timestamp())
    return whole * 1_000_000_000 + found.microsecond * 1000


def iso(nanoseconds: int) -> str:
    """Write an instant as ISO 8601 in UTC, to the second.

    Example:
        >>> iso(86_400_000_000_000)
        '1970-01-02T00:00:00Z'
    """
    return datetime.fromtimestamp(nanoseconds // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
