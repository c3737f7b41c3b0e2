"""Classes of a prediction or a label as text, however a column spells them.

Owns: which spellings mean the same class.  Does not own: which classes there are
(`profiles.grading_fit`), reading a column as categories (`profiles.columns`).
"""

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.profiles.columns import as_codes

# Positive and negative, from which a label may change its spelling: 1 today, "true" tomorrow.
POSITIVE = ("1", "true", "t", "yes", "y", "positive", "pos")
NEGATIVE = ("0", "false", "f", "no", "n", "negative", "neg")
MINUS = ("-1",)  # beside "1" only
_WHOLE = re.compile(r"^([+-]?[0-9]+)\.0*$")


def plain(text: str) -> str:
    """Spell a whole number without its point; other text stays as it is.

    Example:
        >>> plain("1.0"), plain("1.5"), plain("a.0")
        ('1', '1.5', 'a.0')
    """
    whole = _WHOLE.match(text)
    return whole[1] if whole else text


def is_truth(text: str) -> bool | None:
    """Whether a text says yes or no; None where it says neither.

    Example:
        >>> is_truth("True"), is_truth("0.0"), is_truth("maybe")
        (True, False, None)
    """
    word = plain(text).lower()
    return True if word in POSITIVE else False if word in NEGATIVE + MINUS else None


class Classes:
    """Where texts belong among the classes.

    Bounds: spellings of yes and no are read alike when the classes are one of each; whole numbers
    with and without ".0" always are.
    Example:
        >>> Classes(("0", "1")).place("true"), Classes(("a", "b")).place("c")
        (1, -1)
    """

    def __init__(self, classes: Sequence[str], rest: int = -1) -> None:
        self._places = {plain(name): place for place, name in enumerate(classes)}
        self._places |= {name: place for place, name in enumerate(classes)}
        self._rest = rest
        truths = [is_truth(name) for name in classes]
        self._truths = {truth: place for place, truth in enumerate(truths) if truth is not None}
        if len(classes) > 2 or len(self._truths) < len(classes):
            self._truths = {}

    def place(self, text: str | None) -> int:
        """The place of a text; `rest` where it is none."""
        if text is None:
            return -1
        at = self._places.get(text)
        if at is None:
            at = self._places.get(plain(text))
        if at is None and self._truths:
            truth = is_truth(text)
            at = None if truth is None else self._truths.get(truth)
        return self._rest if at is None else at

    def read(self, column: pa.Array) -> NDArray[np.intp]:
        """Places of a column's values; -1 where one is missing or broken, or no class."""
        read = as_codes(column)
        places = [self.place(text) for text in read.dictionary.to_pylist()]
        chosen: NDArray[np.intp] = np.array([*places, -1, -1], np.intp)[read.codes]
        return chosen
