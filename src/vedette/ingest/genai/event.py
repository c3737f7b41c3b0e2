"""One normalised span as an event that is sent.

Owns: which columns are texts, which are what a call used, which are attributes.  Does not own: what
attributes mean (`normalise`), rows of spans that come by OTLP (`ingest.otlp`).
"""

from collections.abc import Mapping
from typing import Any

from vedette.core import rows
from vedette.core.events import Usage
from vedette.ingest.genai.normalise import Normal
from vedette.ingest.genai.timing import put_times
from vedette.ingest.sent import Sent

TEXTS = (rows.INPUT, rows.OUTPUT, rows.INSTRUCTIONS)
TIMES = (rows.FIRST_TOKEN, rows.PER_TOKEN, rows.QUEUE)


def sent_of(
    normal: Normal, *, id: str, time: int, latency_s: float | None, rest: Mapping[str, Any]
) -> Sent:
    """The event of a span: what it tells of times of tokens is completed.

    Units: `time` in UTC nanoseconds.  Shapes: `rest` is what to keep beside the span's own.

    Example:
        >>> normal = Normal({"operation": "chat", "input": "Hi", "input_tokens": 3}, {"seed": 1})
        >>> sent = sent_of(normal, id="a", time=5, latency_s=0.5, rest={})
        >>> sent.attributes, sent.text, sent.usage.input_tokens, sent.rest
        ({'operation': 'chat'}, {'input': 'Hi'}, 3, {'attributes': {'seed': 1}})
    """
    fields = dict(normal.fields)
    put_times(fields, latency_s)
    text: dict[str, str | None] = {name: fields.pop(name) for name in TEXTS if name in fields}
    used = fields.keys() & {rows.INPUT_TOKENS, rows.OUTPUT_TOKENS, *TIMES}
    usage = Usage(
        fields.pop(rows.INPUT_TOKENS, 0),
        fields.pop(rows.OUTPUT_TOKENS, 0),
        *(fields.pop(name, None) for name in TIMES),
    )
    kept = dict(rest) | ({"attributes": normal.rest} if normal.rest else {})
    return Sent(
        id=id, time=time, version=normal.called[1] or None, attributes=fields, text=text,
        latency_s=latency_s, usage=usage if used else None, rest=kept or None,
    )  # fmt: skip
