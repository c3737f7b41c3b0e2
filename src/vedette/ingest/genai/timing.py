"""How long the tokens of a call took, where no attribute says so.

Owns: the first token by the event that marks it, the time of each one after it.  Does not own:
attributes (`normalise`), how long the span took.
"""

from collections.abc import Iterable
from typing import Any

from vedette.core import rows
from vedette.ingest.genai.dialects import FIRST_TOKEN


def put_times(
    fields: dict[str, Any], latency_s: float | None, marks: Iterable[tuple[str, float]] = ()
) -> None:
    """Put the seconds to the first token, and for each one after it, where nobody told them.

    Shapes: `marks` are the names of the span's events and how long after its start they came.
    Units: seconds.
    Source: vLLM gives the time of writing; elsewhere it is what the span took after the first
    token came.

    Example:
        >>> fields = {"output_tokens": 11}
        >>> put_times(fields, 3.0, [("First Token Stream Event", 1.0)])
        >>> fields
        {'output_tokens': 11, 'first_token_s': 1.0, 'per_token_s': 0.2}
    """
    if rows.FIRST_TOKEN not in fields:
        first = next((after for name, after in marks if name in FIRST_TOKEN and after >= 0), None)
        if first is not None:
            fields[rows.FIRST_TOKEN] = first
    tokens = fields.get(rows.OUTPUT_TOKENS, 0)
    if rows.PER_TOKEN in fields or tokens < 2:
        return
    writing = fields.get("decode_s")
    if writing is None and latency_s is not None and rows.FIRST_TOKEN in fields:
        writing = latency_s - fields[rows.FIRST_TOKEN]
    if writing is not None and writing >= 0:
        fields[rows.PER_TOKEN] = writing / (tokens - 1)
