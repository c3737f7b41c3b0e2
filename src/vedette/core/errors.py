"""The four errors of the project, named after who must act.

Owns: the error types and the one sentence they render.  Does not own: handling.  A bad *column* is
a finding, never an
exception; these are raised only when nothing sensible can be computed at all.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class VedetteError(Exception):
    """Something vedette cannot do, in one sentence: where, what it got, what it wanted, and a hint.

    Shapes: every part is text; ``where`` names the place ("column 'age'", "file 'x.csv' line 3").
    """

    def __init__(
        self, where: str, problem: str, *, got: object = None, want: str = "", hint: str = ""
    ) -> None:
        self.where, self.problem, self.got, self.want, self.hint = where, problem, got, want, hint
        super().__init__(where, problem, got, want, hint)

    def __str__(self) -> str:
        parts = [f"{self.where}: {self.problem}"]
        if self.got is not None:
            parts.append(f"got {self.got}")
        if self.want:
            parts.append(f"wanted {self.want}")
        if self.hint:
            parts.append(self.hint)
        return "; ".join(parts)


class SettingsError(VedetteError):
    """The operator must act: a setting, flag or settings file is wrong."""


class SchemaError(VedetteError):
    """The producer of the data must act: a schema, or data that cannot be read under it, is
    wrong."""


class UsageError(VedetteError):
    """The programmer must act: a function was called with something it cannot take."""


class StoreError(VedetteError):
    """The machine must be looked at: a file or a store could not be read or written."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Say which known name is closest to a misspelt one, as a hint; "" when none is close.

    Example:
        >>> nearest("min_efect", ["min_effect", "alpha"])
        "did you mean 'min_effect'?"
    """
    close = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else ""
