"""Does serving see what training saw?  With a key row by row, without one as two tables.

Owns: telling the two apart.  Does not own: either.
"""

from collections.abc import Sequence
from typing import Any, overload

from vedette.core.errors import UsageError
from vedette.engine.settings import Settings
from vedette.engine.skew.keyed import asked
from vedette.engine.skew.keyed import compare as keyed
from vedette.engine.skew.keyed.result import Skew
from vedette.engine.skew.unkeyed.compare import compare_tables
from vedette.engine.skew.unkeyed.result import TableSkew

# What only rows that are held against each other can be asked.
WITH_KEY = frozenset(asked.Asked.__struct_fields__) - frozenset(Settings.__struct_fields__) | {
    "tolerance"
}


@overload
def skew(offline: Any, online: Any, *, key: str | Sequence[str], **options: Any) -> Skew: ...


@overload
def skew(offline: Any, online: Any, *, key: None = None, **options: Any) -> TableSkew: ...


def skew(
    offline: Any, online: Any, *, key: str | Sequence[str] | None = None, **options: Any
) -> Skew | TableSkew:
    """Say whether serving sees what training saw, and what went wrong where it does not.

    `offline` is what training saw, `online` what serving saw: tables of any kind that `compare`
    takes.  With a `key`, one column or several, rows are held against each other: exact shares of
    rows that differ, and why; options as in `vedette.engine.skew.keyed.compare` (`time`, `within`,
    `tolerance`, `names`, `columns`, `ignore`, `segments`, `max_mismatch`, `duplicates`, `examples`,
    `memory`, `threads`).  Without one, the tables are: distributions, columns and traits, one fault
    per cause; options as in `vedette.engine.skew.unkeyed.compare` (`schema`, `workers` and the
    settings of `compare`).

    Errors: UsageError, SettingsError, StoreError as said there; UsageError for an option that goes
    with a key where there is none.
    Example:
        >>> miles = {"id": list(range(2000)), "distance": [float(m % 900) for m in range(2000)]}
        >>> km = {**miles, "distance": [1.609344 * m for m in miles["distance"]]}
        >>> print(skew(miles, km, key="id"))
        The only column differs between training and serving: `distance`.
          distance: serving differs from training in 99.85 % of 2000 rows: serving `distance` = \
training × 1.609344 (miles to kilometres)
        >>> print(skew(miles, km))
        Serving does not see what training saw: 1 fault.
          serving `distance` looks like training × 1.609 (miles to kilometres)
    """
    if key is None:
        for name in options:
            if name in WITH_KEY:
                raise UsageError("skew", f"{name}= goes with a key", hint="name it: key=")
        return compare_tables(offline, online, **options)
    return keyed.skew(offline, online, key=key, **options)
