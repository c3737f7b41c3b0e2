"""Why a row is odd, column by column, in words.

Owns: the Reason value, its kinds and sentences.  Does not own: which column comes first
(`derive.outliers.score`), who may read values (the caller says).
"""

from math import exp
from typing import NamedTuple

from vedette.core.words import number, p_words

MISSING, BROKEN, BELOW, ABOVE, SELDOM, UNSEEN, RARE, TOGETHER, USUAL = (
    "missing",
    "broken",
    "below",
    "above",
    "seldom",  # a number where hardly any of the reference lies, in a tail or a gap
    "unseen",
    "rare",  # a category
    "together",  # it does not go with the row's other values
    "usual",
)
_PLAIN = {MISSING: "is missing", USUAL: "has a value like many others"}


class Reason(NamedTuple):
    """A column that makes a row odd.

    Units: `surprise` in nats: e to the minus that is the chance that an ordinary row's column is as
    odd.  `limit` is the end of the reference's range that a value lies beyond.
    """

    column: str
    surprise: float
    kind: str = USUAL
    value: object = None
    limit: float | None = None

    def words(self, *, shown: bool = True) -> str:
        """The reason in a sentence; without `shown` it does not name the value, nor
        where it is not known.

        Example:
            >>> Reason("age", 9.2, ABOVE, 212.0, 99.0).words()
            '`age` 212 lies above everything in the reference (max 99)'
            >>> Reason("age", 6.9, TOGETHER, 12).words(shown=False)
            '`age` has a value that does not go with the others'
        """
        if self.kind in _PLAIN:
            return f"`{self.column}` {_PLAIN[self.kind]}"
        shown = shown and self.value is not None
        said = _spelt(self.value) if shown else "has a value that"
        return f"`{self.column}` {said} {self._told(shown)}"

    def __str__(self) -> str:
        return self.words()

    def _told(self, shown: bool) -> str:
        if self.kind == BROKEN:
            return "cannot be read"
        if self.kind in (BELOW, ABOVE):
            which = "min" if self.kind == BELOW else "max"
            end = f" ({which} {number(self.limit)})" if shown and self.limit is not None else ""
            return f"lies {self.kind} everything in the reference{end}"
        if self.kind == UNSEEN:
            return "was never seen in the reference"
        if self.kind == RARE:
            return f"is rare in the reference ({p_words(exp(-self.surprise))})"
        if self.kind == SELDOM:
            return "lies where hardly any of the reference does"
        return "does not go with the others"


def _spelt(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return repr(str(value))
    return number(float(value))
