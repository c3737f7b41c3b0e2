"""How well the rows of an incident can be told from those of the reference, and by what.

Owns: the value and its sentence.  Does not own: telling them apart (`monitors.joint`), which rows
(`engine.separating`).
"""

import msgspec

from vedette.core.words import count, number

NAMED = 3  # columns named in the sentence
APART = 0.55  # an AUC below this does not matter


class Telltale(msgspec.Struct, frozen=True, kw_only=True):
    """A column that gives the change away: how much AUC is lost when its values are shuffled."""

    column: str
    loss: float


class Together(msgspec.Struct, frozen=True, kw_only=True):
    """Two columns that no longer go together as they did: their rank correlations."""

    columns: tuple[str, str]
    before: float
    after: float


class Separation(msgspec.Struct, frozen=True, kw_only=True):
    """What a classifier of "which rows are of the incident" sees, on rows that it was not fitted
    to.

    Units: `auc`, with its 95 % interval, is 0.5 where nothing tells the rows apart and 1 where
    everything does; None where that cannot be told, `statement` says why.  `rows` are those of the
    incident from `start` to `end` (UTC nanoseconds) that were read, `reference_rows` those they
    were held against, which `against` names; `read` of `compared` columns were looked at.
    """

    statement: str
    auc: float | None = None
    low: float | None = None
    high: float | None = None
    columns: tuple[Telltale, ...] = ()
    together: Together | None = None
    against: str = ""
    rows: int = 0
    reference_rows: int = 0
    read: int = 0
    compared: int = 0
    start: int | None = None
    end: int | None = None


def said_of(auc: float, low: float, high: float, columns: tuple[Telltale, ...]) -> str:
    """The sentence.

    Example:
        >>> said_of(0.631, 0.62, 0.64, (Telltale(column="amount", loss=0.1),))
        'its rows can be told from the reference by `amount` (AUC 0.63, 0.62 to 0.64)'
        >>> said_of(0.51, 0.49, 0.53, ())
        'its rows can hardly be told from the reference (AUC 0.51, 0.49 to 0.53)'
    """
    figures = f"AUC {number(auc, 2)}, {number(low, 2)} to {number(high, 2)}"
    names = [f"`{one.column}`" for one in columns[:NAMED]]
    by = f" by {', '.join(names[:-1])}{' and ' if names[1:] else ''}{names[-1]}" if names else ""
    if low <= 0.5 or auc < APART:
        return f"its rows can hardly be told from the reference ({figures})"
    return f"its rows can be told from the reference{by} ({figures})"


def unknown(why: str) -> Separation:
    """Nothing can be said.

    Example:
        >>> unknown("no rows are kept").statement
        'whether its rows can be told from the reference is not known: no rows are kept'
    """
    return Separation(
        statement=f"whether its rows can be told from the reference is not known: {why}"
    )


def few(rows: int, whose: str) -> Separation:
    """Too few rows on one side.

    Example:
        >>> few(12, "the incident").statement.partition(": ")[2]
        'only 12 rows of the incident are in the log'
    """
    return unknown(f"only {count(rows)} rows of {whose} are in the log")


def together_words(pair: Together) -> str:
    """What is said of two columns.

    Example:
        >>> together_words(Together(columns=("a", "b"), before=0.5, after=-0.484))
        '`a` and `b` no longer go together as they did: rank correlation 0.5, now -0.48'
    """
    one, two = pair.columns
    return (
        f"`{one}` and `{two}` no longer go together as they did: rank correlation "
        f"{number(pair.before, 2)}, now {number(pair.after, 2)}"
    )
