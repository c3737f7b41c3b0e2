"""What share of a model's events must go well.

Owns: the value, under which keys a profile holds what was counted for it.  Does not own: settings
(`engine.objective_settings`), counting (`engine.reached`), who watches it (`monitors.objectives`).
"""

from typing import NamedTuple


class Objective(NamedTuple):
    """A service-level objective: at least `target` of all events go well, over `period`.

    One of three says which do not: `column` has one of `classes` (any value, where there are none);
    the number in `column` is above `most`; or readings say it: `bad` or, as a share, `share` of
    `of`, both per second.
    Units: `target` a share in (0, 1), `period` in nanoseconds.
    """

    name: str
    target: float
    period: int
    column: str = ""
    classes: tuple[str, ...] = ()
    most: float | None = None
    bad: str = ""
    share: str = ""
    of: str = ""

    @property
    def allowed(self) -> float:
        """The share of events that may go wrong."""
        return 1.0 - self.target

    @property
    def key(self) -> str:
        """Under which a profile holds the events that count: no metric can be logged by that name.

        Another definition under the same name is counted apart.
        """
        return f"\nobjective\n{self.name}\n{self.meaning}"

    @property
    def wrong_key(self) -> str:
        """Under which it holds those that went wrong."""
        return f"\nwrong\n{self.name}\n{self.meaning}"

    @property
    def meaning(self) -> str:
        """Its definition without its target, as text."""
        if self.of:
            return f"{self.bad or self.share} of {self.of}"
        if self.most is not None:
            return f"{self.column} above {self.most!r}"
        return f"{self.column} is {', '.join(self.classes) or 'anything'}"
