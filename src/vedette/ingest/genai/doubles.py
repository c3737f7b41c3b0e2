"""Calls of models that two spans tell of.

Owns: which spans tell what the span above them tells, too.  Does not own: what becomes of them
(`ingest.otlp.traces`).

Clients trace themselves (Anthropic's, since 2.14), instrumentations trace clients, and frameworks
what they call: one call is then two spans or three, one below the other, each with all tokens.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from vedette.core import rows
from vedette.ingest.genai.dialects import CALLS

SAME = (rows.OPERATION, "provider", "request_model", "response_model")


def doubled(events: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The ids of calls right below a call of the same model: the outer one counts, which mostly
    has the texts.

    Bounds: linear.  What one of two does not tell does not tell them apart.

    Example:
        >>> outer = {"_id": "t1", "_trace_id": "t", "_span_id": "1", "operation": "chat",
        ...          "request_model": "m"}
        >>> inner = outer | {"_id": "t2", "_span_id": "2", "_parent_id": "1"}
        >>> doubled([outer, inner]) == {"t2"}
        True
        >>> doubled([outer, inner | {"request_model": "other"}])
        frozenset()
    """
    calls = {
        (one[rows.TRACE], one[rows.SPAN]): one for one in events if one.get(rows.OPERATION) in CALLS
    }
    return frozenset(
        one[rows.ID]
        for (trace, own), one in calls.items()
        if (parent := one.get(rows.PARENT)) != own
        and (above := calls.get((trace, parent))) is not None
        and all(_agree(one.get(name), above.get(name)) for name in SAME)
    )


def _agree(one: Any, other: Any) -> bool:
    return one is None or other is None or one == other
