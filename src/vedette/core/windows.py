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
        return _iso(self.start), _iso(max(self.start, self.end - 1))


def _iso(nanoseconds: int) -> str:
    return datetime.fromtimestamp(nanoseconds // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
