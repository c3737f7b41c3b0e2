"""How the predictions of a model are graded.

Owns: the settings `performance`.  Does not own: grading (`engine.grade`).
"""

from collections.abc import Mapping
from math import inf

import msgspec

from vedette.core.errors import SettingsError


class PerformanceSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the predictions of a model are graded.

    `positive` is the class that a score speaks of, where there are two; `threshold` the score from
    which it counts as predicted; `costs` what a predicted class costs by the true one; `top` the
    places of a ranked list that count; `quantiles` those of the pinball loss of a regression.
    """

    positive: str | None = None
    threshold: float | None = None
    costs: Mapping[str, Mapping[str, float]] = msgspec.field(default_factory=dict)
    top: tuple[int, ...] = (1, 5, 10)
    quantiles: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        for place in self.top:
            if place < 1:
                raise SettingsError("performance", "top is no place of a list", got=place)
        for q in self.quantiles:
            if not 0 < q < 1:
                raise SettingsError("performance", "a quantile is out of range", got=q)
        for predicted, row in self.costs.items():
            for actual, cost in row.items():
                if not abs(cost) < inf:
                    where = f"costs of {predicted!r} where {actual!r} is true"
                    raise SettingsError("performance", f"{where} are no number", got=cost)
