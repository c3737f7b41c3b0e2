"""What the values of one field must obey.

Owns: the Constraints value and its own sense.  Does not own: fields (`core.schema`), judging a
value or a table by them.
"""

from itertools import combinations

import msgspec

from vedette.core.errors import SchemaError


class Constraints(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What every value of a field must obey, and how many values may not.

    `required`: every row has a value; `present`: at least this share of rows has one.  `finite`: no
    infinity and no NaN.  `min` and `max` are allowed themselves, `above` and `below` are not.
    `step`: a whole multiple of it (0.01 for cents).  `allowed` and `forbidden` compare as text.
    `pattern` is a regular expression of RE2 that the whole text must match.  `min_length` and
    `max_length` count the characters of a text, the items of a list.  `unique`: no value comes
    twice.  `mostly`: the share of values that must obey what is said of values (all but `required`,
    `present` and `unique`).
    Units: limits in those of the field; `present` and `mostly` are shares in [0, 1].
    Errors: SchemaError for limits that are NaN or that no value can obey.
    """

    required: bool = False
    min: float | None = None
    max: float | None = None
    allowed: tuple[str, ...] | None = None
    pattern: str | None = None
    above: float | None = None
    below: float | None = None
    step: float | None = None
    forbidden: tuple[str, ...] | None = None
    min_length: int | None = None
    max_length: int | None = None
    finite: bool = False
    unique: bool = False
    present: float | None = None
    mostly: float = 1.0

    def __post_init__(self) -> None:
        for name, limit, _ in self._limits():
            if limit is not None and limit != limit:
                raise SchemaError("constraints", f"{name} is no number", got=limit)
        for low, high in combinations(self._limits(), 2):
            _ordered(low, high)
        if self.step is not None and not 0 < self.step < float("inf"):
            raise SchemaError("constraints", "step is no step", got=self.step, want="above 0")
        for name in ("min_length", "max_length"):
            length = getattr(self, name)
            if length is not None and length < 0:
                raise SchemaError("constraints", f"{name} is below 0", got=length)
        if None not in (self.min_length, self.max_length) and self.min_length > self.max_length:  # type: ignore[operator]
            got = f"{self.min_length} > {self.max_length}"
            raise SchemaError("constraints", "min_length is above max_length", got=got)
        for name in ("present", "mostly"):
            share = getattr(self, name)
            if share is not None and not 0 <= share <= 1:
                raise SchemaError("constraints", f"{name} is no share", got=share, want="0 to 1")

    def _limits(self) -> tuple[tuple[str, float | None, int], ...]:
        """The limits, each with the side that it bounds: 1 from below, -1 from above."""
        return (
            ("min", self.min, 1),
            ("above", self.above, 1),
            ("max", self.max, -1),
            ("below", self.below, -1),
        )

    def canonical(self) -> tuple[object, ...]:
        """Every declaration in a fixed order, the same for equal constraints.

        What came after the first five is named, and only where it is set: fingerprints of schemas
        that do not use it stay what they were.
        """
        low, high = (None if x is None else float(x) for x in (self.min, self.max))
        first = (self.required, low, high, self.allowed, self.pattern)
        later = (
            ("above", None if self.above is None else float(self.above)),
            ("below", None if self.below is None else float(self.below)),
            ("step", None if self.step is None else float(self.step)),
            ("forbidden", self.forbidden),
            ("min_length", self.min_length),
            ("max_length", self.max_length),
            ("finite", self.finite or None),
            ("unique", self.unique or None),
            ("present", None if self.present is None else float(self.present)),
            ("mostly", None if self.mostly == 1 else float(self.mostly)),
        )
        return (*first, *(pair for pair in later if pair[1] is not None))


def _ordered(one: tuple[str, float | None, int], other: tuple[str, float | None, int]) -> None:
    (low, least, side), (high, most, against) = one, other
    if least is None or most is None or (side, against) != (1, -1):
        return
    strict = low == "above" or high == "below"
    if least > most or (strict and least == most):
        sign = ">=" if least == most else ">"
        raise SchemaError(
            "constraints", f"{low} is {'not below' if strict else 'above'} {high}",
            got=f"{least} {sign} {most}",
        )  # fmt: skip
