"""What can be wrong with a value, a row or a table under a schema.

Owns: the closed list of kinds of violation, and the record of one.  Does not own: finding them
(`core.judge` in a row, `derive.checks` in columns, `engine.schema_check` in a table).
"""

from datetime import date, time, timedelta
from decimal import Decimal

import msgspec

from vedette.core.words import count as spelled

# In the order in which they are told of; a value's code is its first one (`CODES`).  Each but the
# first has the name of what was declared.
VIOLATIONS = (
    "absent",  # the whole column, or the field of a row, is not there
    "required",
    "type",
    "kind",  # the kind cannot hold the value
    "finite",
    "min",
    "above",
    "max",
    "below",
    "step",
    "min_length",
    "max_length",
    "allowed",
    "forbidden",
    "pattern",
    "rule",
    "unexpected",  # a column that a closed schema does not name
    "unique",
    "present",
    "min_rows",
    "max_rows",
)
OF_VALUES = VIOLATIONS[2:15]  # those that `mostly` of a field speaks of
CODES = ("obeys", *VIOLATIONS)  # codes of values are positions in it
HIDDEN = "hidden"  # stands for a value of a sensitive column
_LONGEST = 60  # characters of a value that are shown
_SHOWN = (str, bytes, bool, int, float, date, time, timedelta, Decimal, type(None))


class Violation(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong with a row.

    `kind` is one of `VIOLATIONS`; `name` the field's, the column's or the rule's; `got` the value
    as it is shown, `want` what was declared.  One is `tolerated` when `mostly` allows some.
    """

    kind: str
    name: str
    got: str = ""
    want: str = ""
    tolerated: bool = False

    @property
    def reason(self) -> str:
        """What is wrong, in words.

        Example:
            >>> Violation("max", "age", "131", "130").reason
            "field 'age': 131 is above 130"
        """
        return f"{_subject(self)}{said(self.kind, self.got, self.want)}"


def told(kind: str, name: str, count: int, of: int, want: str, got: str = "") -> str:
    """What is wrong with a table, in words.

    Example:
        >>> told("max", "age", 3, 2000, "130")
        '3 of 2000 values of `age` are above 130'
        >>> told("min_rows", "", 0, 7, "100"), told("absent", "age", 9, 9, "")
        ('there are 7 rows, fewer than 100', '`age` is absent')
    """
    singular = count == 1
    words = _TOLD[kind].split("|")
    return words[-1 if singular else 0].format(
        n=spelled(count), of=spelled(of), name=name, want=want, got=got
    )


def said(kind: str, got: str, want: str) -> str:
    """What a violation says of a value.

    Example:
        >>> said("min", "-1", "0"), said("required", "", "")
        ('-1 is below 0', 'has no value')
    """
    return _WORDS[kind].format(got=got or "the value", want=want)


def shown(value: object) -> str:
    """A value as reasons show it, on one line and cut short.

    Example:
        >>> shown("x" * 100)[-6:], shown(1.5), shown("a\\nb"), shown([1, 2])
        ('xxxxx…', '1.5', "'a\\\\nb'", 'a list of 2')
    """
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}"
    if not isinstance(value, _SHOWN):
        return f"a value of the type {type(value).__name__}"
    try:
        text = repr(value) if isinstance(value, (str, bytes)) else str(value)
    except ValueError:  # more digits than Python is willing to write
        text = "a number of thousands of digits"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _subject(violation: Violation) -> str:
    if violation.kind == "rule":
        return f"rule {violation.name!r} "
    if violation.kind == "unexpected":
        return f"column {violation.name!r} "
    value = violation.kind in OF_VALUES
    return f"field {violation.name!r}{': ' if value else ' '}"


_WORDS = {
    "absent": "is absent",
    "required": "has no value",
    "type": "{got} is not stored as {want}",
    "kind": "{got} is not of the kind {want}",
    "finite": "{got} is no finite number",
    "min": "{got} is below {want}",
    "above": "{got} is not above {want}",
    "max": "{got} is above {want}",
    "below": "{got} is not below {want}",
    "step": "{got} is no whole multiple of {want}",
    "min_length": "{got} is shorter than {want}",
    "max_length": "{got} is longer than {want}",
    "allowed": "{got} is none of {want}",
    "forbidden": "{got} is one of {want}",
    "pattern": "{got} does not match {want}",
    "rule": "is broken: {want}",
    "unexpected": "is no field of the schema, which is closed",
    "unique": "{got} came before",
    "present": "has values in {got} of rows, less than {want}",
    "min_rows": "there are {got} rows, fewer than {want}",
    "max_rows": "there are {got} rows, more than {want}",
}

_TOLD = {
    "absent": "`{name}` is absent",
    "required": "{n} of {of} rows have no `{name}`|{n} of {of} rows has no `{name}`",
    "type": "{n} of {of} values of `{name}` are not stored as {want}"
    "|{n} of {of} values of `{name}` is not stored as {want}",
    "kind": "{n} of {of} values of `{name}` are not of the kind {want}"
    "|{n} of {of} values of `{name}` is not of the kind {want}",
    "finite": "{n} of {of} values of `{name}` are no finite numbers"
    "|{n} of {of} values of `{name}` is no finite number",
    "min": "{n} of {of} values of `{name}` are below {want}"
    "|{n} of {of} values of `{name}` is below {want}",
    "above": "{n} of {of} values of `{name}` are not above {want}"
    "|{n} of {of} values of `{name}` is not above {want}",
    "max": "{n} of {of} values of `{name}` are above {want}"
    "|{n} of {of} values of `{name}` is above {want}",
    "below": "{n} of {of} values of `{name}` are not below {want}"
    "|{n} of {of} values of `{name}` is not below {want}",
    "step": "{n} of {of} values of `{name}` are no whole multiples of {want}"
    "|{n} of {of} values of `{name}` is no whole multiple of {want}",
    "min_length": "{n} of {of} values of `{name}` are shorter than {want}"
    "|{n} of {of} values of `{name}` is shorter than {want}",
    "max_length": "{n} of {of} values of `{name}` are longer than {want}"
    "|{n} of {of} values of `{name}` is longer than {want}",
    "allowed": "{n} of {of} values of `{name}` are none of {want}"
    "|{n} of {of} values of `{name}` is none of {want}",
    "forbidden": "{n} of {of} values of `{name}` are one of {want}"
    "|{n} of {of} values of `{name}` is one of {want}",
    "pattern": "{n} of {of} values of `{name}` do not match {want}"
    "|{n} of {of} values of `{name}` does not match {want}",
    "rule": "{n} of {of} rows break {name}: {want}|{n} of {of} rows breaks {name}: {want}",
    "unexpected": "`{name}` is no field of the schema, which is closed",
    "unique": "{n} of {of} rows repeat `{name}`|{n} of {of} rows repeats `{name}`",
    "present": "`{name}` has a value in {got} of rows, less than {want}",
    "min_rows": "there are {of} rows, fewer than {want}",
    "max_rows": "there are {of} rows, more than {want}",
}
