"""When serving and training agree on an event.

Owns: the settings `skew`.  Does not own: comparing two values (`derive.twins`).
"""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from math import inf

import msgspec

from vedette.core.errors import SettingsError
from vedette.derive.twins import RELATIVE, Tolerance
from vedette.monitors.monitor import MISMATCH


class TwinColumn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a value of one column agrees with the one reckoned offline; what is not set is as for
    all columns.  Units: `absolute` in those of the column, `relative` and `mismatch` shares."""

    absolute: float | None = None
    relative: float | None = None
    mismatch: float | None = None

    def __post_init__(self) -> None:
        _shares("skew", relative=self.relative, mismatch=self.mismatch)
        if self.absolute is not None and not 0 <= self.absolute < inf:
            raise SettingsError("skew", "absolute is out of range", got=self.absolute, want="0 up")


class SkewSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When serving and training agree on an event.

    Two numbers agree that lie no further apart than `tolerance` of the larger one; `columns` may
    say otherwise, with wildcards, of which the last one wins; `mismatch` is the share of pairs that
    may disagree.
    Units: `tolerance` and `mismatch` are shares in [0, 1).
    """

    tolerance: float = RELATIVE
    mismatch: float = MISMATCH
    columns: Mapping[str, TwinColumn] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        _shares("skew", tolerance=self.tolerance, mismatch=self.mismatch)

    def tolerance_of(self, column: str) -> Tolerance:
        """How far two numbers of a column may lie apart."""
        relative, absolute = self.tolerance, 0.0
        for one in self._of(column):
            absolute = absolute if one.absolute is None else one.absolute
            if one.relative is not None or one.absolute is not None:
                relative = one.relative or 0.0
        return Tolerance(relative, absolute)

    def mismatch_of(self, column: str) -> float:
        """The share of pairs of a column that may disagree."""
        chosen = [one.mismatch for one in self._of(column) if one.mismatch is not None]
        return chosen[-1] if chosen else self.mismatch

    def _of(self, column: str) -> list[TwinColumn]:
        return [own for pattern, own in self.columns.items() if fnmatchcase(column, pattern)]


def _shares(where: str, **given: float | None) -> None:
    for name, value in given.items():
        if value is not None and not 0 <= value < 1:
            raise SettingsError(where, f"{name} is out of range", got=value, want="0 to 1")
