"""Which categories the reference never showed, by name, with exact counts.

Owns: the unseen values with the smallest hashes, and their counts.  Does not own: the total of
unseen rows (`counts`).  A value kept
in the end was kept in every part, since a part has fewer competitors: its count is exact and
merging does not depend on the order.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self


@dataclass(frozen=True)
class Newcomers:
    """Unseen values as (hash, name, rows), ascending by hash, at most SIZE.  Names are cut to NAME
    characters."""

    SIZE: ClassVar[int] = 32  # more names than anybody reads
    NAME: ClassVar[int] = 80

    entries: tuple[tuple[int, str, int], ...] = ()

    @classmethod
    def zero(cls) -> Self:
        """See no unseen value."""
        return cls()

    @classmethod
    def of(cls, rows: Mapping[int, tuple[str, int]]) -> Self:
        """Keep the values of smallest hash from hash -> (name, rows).

        Example:
            >>> Newcomers.of({9: ("b", 1), 3: ("a", 2)}).entries
            ((3, 'a', 2), (9, 'b', 1))
        """
        ordered = sorted((key, name[: cls.NAME], n) for key, (name, n) in rows.items())
        return cls(tuple(ordered[: cls.SIZE]))

    def merge(self, other: Self) -> Self:
        rows = {key: (name, n) for key, name, n in self.entries}
        for key, name, n in other.entries:
            rows[key] = (name, n + rows.get(key, (name, 0))[1])
        return type(self).of(rows)

    def state(self) -> tuple[object, ...]:
        return self.entries
