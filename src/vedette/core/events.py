"""One prediction as it happened, what became of it, and what was measured beside.

Owns: the Event, Outcome and Reading values and their validation.  Does not own: their bytes
(`core.wire`), sending or storing them.
Events are idempotent by (model, id), and their order of arrival does not matter.
"""

from math import isfinite

import msgspec

from vedette.core.errors import SchemaError

Value = str | float | int | bool | None | list[float]
Score = float | list[float]  # a list where an event is one: of a ranking


class Usage(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a call to a language model used.

    Units: tokens; seconds to the first token, for each token after it, and of waiting in a queue.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    first_token_s: float | None = None
    per_token_s: float | None = None
    queue_s: float | None = None


class Event(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One prediction.

    Units: `time` is the moment of serving in nanoseconds since 1970-01-01 UTC, `latency_s` seconds,
    `weight` one over the
    sampling fraction.
    Errors: SchemaError for an empty model or id, a negative time or latency, or a weight below 1.
    """

    id: str
    model: str
    time: int
    version: str = ""
    features: dict[str, Value] = {}
    prediction: Value = None
    scores: dict[str, Score] = {}
    attributes: dict[str, Value] = {}
    text: dict[str, str] = {}
    latency_s: float | None = None
    usage: Usage | None = None
    trace_id: str = ""
    weight: float = 1.0

    def __post_init__(self) -> None:
        where = f"event {self.id!r}"
        if not self.id or not self.model:
            raise SchemaError(where, "needs an id and a model", got=f"model {self.model!r}")
        if self.time < 0:
            raise SchemaError(
                where, "has a time before 1970", got=self.time, want="UTC nanoseconds"
            )
        if self.latency_s is not None and not self.latency_s >= 0:
            raise SchemaError(where, "has a negative latency_s", got=self.latency_s)
        if not (isfinite(self.weight) and self.weight >= 1):
            raise SchemaError(
                where, "has a weight below 1", got=self.weight, want="1/sampling fraction"
            )


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What turned out to be true of an event, days later if need be.

    Units: `time` in nanoseconds since 1970-01-01 UTC.  Errors: SchemaError for an empty event id.
    """

    event_id: str
    model: str
    time: int
    label: Value = None

    def __post_init__(self) -> None:
        if not self.event_id or not self.model:
            raise SchemaError(
                f"outcome of {self.event_id!r}",
                "needs an event id and a model",
                got=repr(self.model),
            )


class Reading(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a metric of a model was at a moment.

    Units: `time` in nanoseconds since 1970-01-01 UTC.
    Errors: SchemaError for an empty id or name, or a value that is no finite number.
    """

    id: str
    model: str
    name: str
    value: float
    time: int

    def __post_init__(self) -> None:
        where = f"reading of {self.name!r}"
        if not self.id or not self.name:
            raise SchemaError(where, "needs an id and a name", got=repr(self.id))
        if not isfinite(self.value):
            raise SchemaError(where, "has a value that is no finite number", got=self.value)
