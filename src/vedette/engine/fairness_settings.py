"""Who is told apart, and from when on a difference between groups matters.

Owns: the settings `fairness`.  Does not own: the verdict (`stats.fairness.verdict`).
"""

import msgspec

from vedette.core.errors import SettingsError
from vedette.stats.fairness.verdict import Limits


class FairnessSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is told apart, and from when on a difference between groups matters.

    `groups` are columns, besides those whose role is sensitive; `depth` of them are taken together;
    `measures` are numeric columns compared by group; `positive` is the class that counts as
    selected.  A group matters whose rate is below `ratio` times that of the rest (or above 1 /
    `ratio` times), or more than `gap` away from it; nothing is judged of fewer than `least` rows,
    and nothing shown of fewer than `minimum`.
    Units: `gap` and `level` are shares in [0, 1].
    """

    groups: tuple[str, ...] = ()
    depth: int = 2
    measures: tuple[str, ...] = ()
    positive: str | None = None
    ratio: float = 0.8
    gap: float = 0.05
    least: int = 30
    minimum: int = 10
    level: float = 0.95

    def __post_init__(self) -> None:
        if not 1 <= self.depth <= 3:
            raise SettingsError("fairness", "depth is out of range", got=self.depth, want="1 to 3")
        for name in ("ratio", "gap", "level"):
            if not 0 < getattr(self, name) < 1:
                got = getattr(self, name)
                raise SettingsError("fairness", f"{name} is out of range", got=got, want="0 to 1")
        for name in ("least", "minimum"):
            if getattr(self, name) < 1:
                raise SettingsError(
                    "fairness", f"{name} is no number of rows", got=getattr(self, name)
                )

    @property
    def limits(self) -> Limits:
        """From when on a difference matters."""
        return Limits(self.ratio, self.gap, max(self.least, self.minimum), level=self.level)

    @property
    def fitted(self) -> tuple[object, ...]:
        """What of it shapes a baseline; the limits do not."""
        return self.groups, self.depth, self.measures, self.positive
