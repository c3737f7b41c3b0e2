"""How unlike the reference single rows are, as plain data.

Owns: the document of a scored row and of a rare event, its words, what of it is hidden.  Does not
own: scoring (`engine.scoring`), keeping rare events (`engine.keeper`).
"""

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from vedette.core.words import count
from vedette.derive.outliers.counted import UNLIKE
from vedette.derive.outliers.reasons import Reason
from vedette.engine.rare_event import RareEvent
from vedette.web import documents
from vedette.web.redaction import Redaction
from vedette.web.veil import VALUES


def anomaly_document(
    score: float,
    p: float,
    reasons: Iterable[Reason],
    hidden: Collection[str] = (),
    redaction: Redaction | None = None,
) -> dict[str, Any]:
    """How far off a row is, how rare that is, and which columns are to blame.

    Shapes: of `hidden` columns nothing is told but their names; values, and where the reference
    ends, are named only where a `redaction` lets them be.
    """
    return {
        "score": score,
        "p": p,
        "unlike": p <= UNLIKE,
        "words": row_words(p),
        "reasons": [_reason(one, hidden, redaction) for one in reasons],
    }


def _reason(reason: Reason, hidden: Collection[str], redaction: Redaction | None) -> dict[str, Any]:
    column = reason.column
    if column in hidden:
        return {"column": column, "kind": None, "surprise": None, "words": f"`{column}`: {VALUES}"}
    shown = redaction is not None and not redaction.hides(column)
    if redaction is not None:
        reason = reason._replace(value=redaction.value(column, reason.value))
    return {
        "column": column,
        "kind": reason.kind,
        "surprise": reason.surprise,
        "words": reason.words(shown=shown),
    }


def rare_document(
    event: RareEvent,
    hidden: Collection[str] = (),
    values: Mapping[str, Any] = MappingProxyType({}),
    redaction: Redaction | None = None,
) -> dict[str, Any]:
    """The same of an event that was kept, with its id; `values` of it as far as they are known."""
    reasons = [
        Reason(one.column, one.surprise, one.kind, values.get(one.column)) for one in event.reasons
    ]
    told = anomaly_document(event.score, event.p, reasons, hidden, redaction)
    return {"id": event.id, "time": documents.instant(event.time), **told}


def row_words(p: float) -> str:
    """How rare a row is, in words.

    Example:
        >>> row_words(0.0004), row_words(0.3)
        ('1 in 2500 ordinary rows is as far from the reference', '3 in 10 ordinary rows are as far \
from the reference')
    """
    if p > 0.05:
        return f"{max(round(10 * p), 1)} in 10 ordinary rows are as far from the reference"
    return f"1 in {_round(1 / p)} ordinary rows is as far from the reference"


def _round(n: float) -> str:
    """A number of rows to two digits."""
    return count(int(float(f"{n:.2g}")))
