"""A request and its response, as events.

Owns: which instance a prediction belongs to, ids and times of the instances of one call.  Does not
own: reading either side (`requests`, `responses`).
"""

from collections.abc import Sequence

from vedette.core.events import Value
from vedette.ingest.payloads.responses import ERROR
from vedette.ingest.sent import Moment, Sent

UNMATCHED = "unmatched_response"  # of another number of instances than the request


def joined(
    requests: Sequence[Sent],
    responses: Sequence[Sent],
    *,
    id: str | None = None,
    time: Moment = None,
    latency_s: float | None = None,
    version: str | None = None,
    weight: float | None = None,
) -> list[Sent]:
    """Put what was asked and what was answered together, one event for each instance.

    A call of several instances has an event `id#0`, `id#1`, ... for each; a single answer, as one
    that tells of an error, is that of all.  Where the numbers do not match otherwise, the instances
    are kept without predictions, and say so in the column `error_type`.

    Units: `latency_s` seconds; `weight` one over the sampling fraction.
    Example:
        >>> asked = [Sent(features={"x": 1}), Sent(features={"x": 2})]
        >>> said = [Sent(prediction="a"), Sent(prediction="b")]
        >>> [(one.id, one.features, one.prediction) for one in joined(asked, said, id="k")]
        [('k#0', {'x': 1}, 'a'), ('k#1', {'x': 2}, 'b')]
        >>> joined(asked, said * 2, id="k")[0].attributes
        {'error_type': 'unmatched_response'}
    """
    count = len(requests) or len(responses)
    asked = list(requests) or [Sent() for _ in range(count)]
    said = list(responses)
    if len(said) == 1 and count > 1 and (said[0].attributes or {}).get(ERROR):
        said = said * count
    elif len(said) != count:
        wrong = Sent(attributes={ERROR: UNMATCHED}) if said else Sent()
        said = [wrong] * count
    out = []
    for place, (one, other) in enumerate(zip(asked, said, strict=True)):
        features = dict(one.features)
        made = Sent(
            id=id if id is None or count == 1 else f"{id}#{place}",
            time=time,
            version=version or other.version or one.version,
            features=features,
            prediction=other.prediction,
            scores=other.scores,
            text={**(one.text or {}), **(other.text or {})} or None,
            usage=other.usage,
            latency_s=latency_s,
            weight=weight,
        )
        made.attributes = _apart({**(one.attributes or {}), **(other.attributes or {})}, made)
        out.append(made)
    return out


def _apart(attributes: dict[str, Value], event: Sent) -> dict[str, Value] | None:
    """Attributes without those of a name that a feature or a text has: that one was sent."""
    taken = {*event.features, *(event.text or ())}
    return {name: one for name, one in attributes.items() if name not in taken} or None
