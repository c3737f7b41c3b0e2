"""One expectation of a suite of Great Expectations.

Owns: its two spellings, its columns, and what of it no schema can hold.  Does not own: what its
type means.
"""

from collections.abc import Mapping
from typing import Any, Self

import msgspec

from vedette.core.errors import SchemaError

AS_A_WHOLE = (
    "it is said of a column as a whole, whose distribution vedette compares with a reference "
    "instead"
)
UNKNOWN = "vedette has nothing like it; run the suite by its own library instead"
CONDITION = "it is said of some rows only; run the suite by its own library instead"
PARAMETER = "its value comes from elsewhere when the suite runs"
WINDOWS = "limits that follow earlier runs are a matter of baselines"
LEFT_OUT = "`mostly` of a rule counts every row, and here rows with a value missing are left out"
SEVERITY = "a violation of a schema has no severity"


class Expected(msgspec.Struct, frozen=True):
    """Its type, its arguments, and where it stands."""

    type: str
    kwargs: Mapping[str, Any]
    where: str
    severity: str = "critical"

    @classmethod
    def of(cls, source: Any, where: str) -> Self:
        """Read one from a dict.  Errors: SchemaError for what is none."""
        if not isinstance(source, Mapping):
            raise SchemaError(where, "is no expectation", got=type(source).__name__)
        named = source.get("type", source.get("expectation_type"))
        kwargs = source.get("kwargs", {})
        if not isinstance(named, str) or not isinstance(kwargs, Mapping):
            raise SchemaError(where, "is no expectation", want="a type and kwargs")
        severity = source.get("severity") or "critical"
        made = cls(named, {k: v for k, v in kwargs.items() if v is not None}, where, severity)
        if not all(isinstance(column, str) for column in made.columns):
            raise SchemaError(where, "names a column that is no text", got=made.columns)
        columns = made.columns
        if not columns:
            return made
        word = "column" if len(columns) == 1 else "columns"
        place = f"{word} {', '.join(repr(column) for column in columns)}"
        return msgspec.structs.replace(made, where=place)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it speaks of."""
        named = [self.kwargs[key] for key in ("column", "column_A", "column_B")
                 if key in self.kwargs]  # fmt: skip
        for key in ("column_list", "column_set"):
            listed = self.kwargs.get(key, ())
            named += list(listed) if isinstance(listed, list | tuple | set) else [listed]
        return tuple(dict.fromkeys(named))

    @property
    def column(self) -> str:
        """The one column that it speaks of.  Errors: SchemaError where there is none."""
        if not isinstance(self.kwargs.get("column"), str):
            raise SchemaError(self.where, f"{self.type} names no column")
        return str(self.kwargs["column"])

    @property
    def mostly(self) -> float:
        """The share of values that must obey."""
        share = self.kwargs.get("mostly", 1.0)
        if isinstance(share, bool) or not isinstance(share, int | float):
            raise SchemaError(self.where, f"mostly of {self.type} is no number", got=repr(share))
        return float(share)

    @property
    def refused(self) -> str:
        """Why no schema can hold it, whatever its type; "" where one may."""
        if self.kwargs.get("row_condition"):
            return CONDITION
        if "windows" in self.kwargs:
            return WINDOWS
        if any(isinstance(one, Mapping) and "$PARAMETER" in one for one in self.kwargs.values()):
            return PARAMETER
        return ""

    @property
    def lost(self) -> tuple[tuple[str, str], ...]:
        """What is lost beside what its type means: (what, why)."""
        if self.severity == "critical":
            return ()
        return ((f"severity {self.severity}", SEVERITY),)

    @property
    def title(self) -> str:
        """What a rule that says it is called.

        Example:
            >>> Expected("expect_column_values_to_be_null", {"column": "x"}, "").title
            'x values to be null'
        """
        words = self.type.removeprefix("expect_").removeprefix("column_").replace("_", " ")
        return " ".join((*self.columns, words))
