"""What single nodes of a query ask for: an instant, a matching, labels of what is not there.

Owns: reading them off the grammar's nodes.  Does not own: walking the expression
(`export.promql.evaluate`), selectors and durations (`export.promql.parsed`).
"""

from typing import Any

import numpy as np
import promql_parser as grammar

from vedette.export.promql.binary import Matching
from vedette.export.promql.parsed import selector_of
from vedette.export.promql.values import BAD_DATA, QueryError, Vector, changed, made
from vedette.export.series.series import NAME


def fixed_at(at: Any) -> int:
    """The instant of `@`, in milliseconds.  Errors: QueryError for one that no date has."""
    try:
        found: int = round(at.at.timestamp() * 1000)
    except (OverflowError, ValueError, OSError):
        raise QueryError("timestamp out of bounds for @ modifier", BAD_DATA) from None
    return found


def is_moved(node: Any) -> bool:
    """Whether a range is one fixed by `@` or moved: then a forecast is from its own end."""
    selector = getattr(node, "vector_selector", node)
    return getattr(selector, "at", None) is not None


def matching_of(modifier: Any) -> Matching:
    """Which series of the two sides of an operator meet."""
    if modifier is None:
        return Matching()
    card = str(modifier.card).rpartition(".")[2]
    matching = modifier.matching
    on = matching is not None and str(matching.type).endswith("Include")
    labels = () if matching is None else tuple(matching.labels)
    return Matching(card, on, labels, tuple(modifier.group_labels or ()))


def absence(node: Any, there: Any) -> Vector:
    """1 where there is nothing, under the labels that the selector asks for with `=`."""
    while isinstance(node, grammar.ParenExpr):
        node = node.expr
    node = getattr(node, "vector_selector", node)
    asked: dict[str, str] = {}
    if isinstance(node, grammar.VectorSelector):
        own = [one for one in selector_of(node)[0] if one.label != NAME]
        names = [one.label for one in own]
        asked = {
            one.label: one.value for one in own if one.op == "=" and names.count(one.label) == 1
        }
    gone = ~there.any(axis=0)
    return made([changed((), asked)], np.ones((1, len(gone))), gone[None, :])
