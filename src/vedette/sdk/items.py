"""What the caller's thread puts into the queue, and its bytes.

Owns: the queued forms of an event, a label and a reading and how each becomes MessagePack, quickly
for the usual values and carefully for all others.  Does not own: the values (`sdk.values`),
messages.
"""

from typing import Any, NamedTuple

import msgspec

from vedette.core.events import Event, Outcome, Reading, Score, Usage, Value
from vedette.core.times import nanoseconds
from vedette.sdk.values import (
    TEXT_BYTES,
    Notes,
    finite,
    named,
    plain,
    scored,
    shortened,
)

# (id, time, version, features, prediction, score, latency_s, attributes, text, usage, trace_id,
# weight): a plain tuple, for it is made on the caller's thread.
EventItem = tuple[str, Any, Any, Any, Any, Any, Any, Any, Any, Any, Any, float]
LabelItem = tuple[str, Any, Any]  # (event id, label, time)
ReadingItem = tuple[str, Any, Any, Any]  # (id, name, value, time)

PLAIN = frozenset((float, int, str, bool, type(None)))
TEXT = frozenset((str,))
CAREFUL_BYTES = 60_000  # an event as large as this may hold a text that must be cut
NAN, INFINITE = b"\xf8", (0x7F, 0xFF)  # a NaN begins with one of these two, then that one
NOTHING = (None, None, None, None)
NAME = 256  # characters of an id, a name or a version that a server takes
SHAPES = 1_000  # sets of names that are remembered
TOKENS = ("input_tokens", "output_tokens")  # of what a call used, in the order of `Usage`
TOOK = ("first_token_s", "per_token_s", "queue_s")
EVENT_FIELDS, LABEL_FIELDS, READING_FIELDS = 12, 3, 4  # of what is in the queue


class Row(msgspec.Struct, omit_defaults=True, gc=False):
    """An `Event` of the usual kind that is not checked: made in a tenth of the time."""

    id: str
    model: str
    time: int
    version: str
    features: dict[str, Any]
    prediction: Any = None
    scores: dict[str, float] = {}
    latency_s: float | None = None
    weight: float = 1.0


class Encoded(NamedTuple):
    """The bytes of an event or label, and what had to be changed."""

    data: bytes
    notes: Notes


class Coder:
    """Turns queued items of one model into bytes.  Not for two threads at once."""

    def __init__(self, model: str, version: str) -> None:
        self.model, self.version = model, version
        self._encoder = msgspec.msgpack.Encoder()
        self._known: set[tuple[str, ...]] = set()

    def event(self, item: EventItem) -> Encoded:
        """The bytes of an event, with whatever change its values need.

        Errors: TypeError, ValueError, SchemaError or whatever a hostile value raises, when nothing
        can be made of it.
        """
        notes: Notes = []
        return Encoded(self._encoder.encode(self._careful(item, notes)), notes)

    def label(self, item: LabelItem) -> Encoded:
        """The bytes of a label.  Errors: as of `event`."""
        event_id, label, time = item
        notes: Notes = []
        outcome = Outcome(
            event_id=shortened(event_id, NAME, notes),
            model=self.model,
            time=nanoseconds(time),
            label=plain(label, notes),
        )
        return Encoded(self._encoder.encode(outcome), notes)

    def reading(self, item: ReadingItem) -> Encoded:
        """The bytes of a reading.  Errors: as of `event`; also for a value that is no finite
        number."""
        key, name, value, time = item
        notes: Notes = []
        made = Reading(
            id=shortened(key, NAME, notes),
            model=self.model,
            name=shortened(name if type(name) is str else str(name), NAME, notes),
            value=_number(value),
            time=nanoseconds(time),
        )
        return Encoded(self._encoder.encode(made), notes)

    def quick(self, item: tuple[Any, ...]) -> bytes | None:
        """The bytes of an event whose values need no change; None for any other item.

        It calls nothing of the values, so that it cannot raise.
        Bounds: 2 µs for 20 features (`bench/bench_client.py`).
        """
        if len(item) != EVENT_FIELDS or item[7:11] != NOTHING:
            return None
        key, time, version, features, prediction, score, latency_s, _, _, _, _, weight = item
        if (
            type(features) is not dict
            or not PLAIN.issuperset(map(type, features.values()))
            or type(prediction) not in PLAIN
            or type(time) is not int
            or not (score is None or type(score) is float)
            or not (latency_s is None or (type(latency_s) is float and latency_s >= 0))
            or not (version is None or type(version) is str)
            or not 0 < len(key) <= NAME
            or time < 0
            or ((names := tuple(features)) not in self._known and not self._are_names(names))
        ):
            return None
        row = Row(
            key,
            self.model,
            time,
            self.version if version is None else version,
            features,
            prediction,
            {} if score is None else {"score": score},
            latency_s,
            weight,
        )
        try:
            data = self._encoder.encode(row)
        except (UnicodeEncodeError, OverflowError, TypeError):  # a lone surrogate, above 64 bits
            return None
        at = data.find(NAN)
        while at > 0:  # no text holds this byte, and few numbers do
            if data[at - 1] in INFINITE:
                return None
            at = data.find(NAN, at + 1)
        return data if len(data) <= CAREFUL_BYTES else None

    def _are_names(self, names: tuple[Any, ...]) -> bool:
        """Whether all keys are plain text; the next time they are known at a glance."""
        if not TEXT.issuperset(map(type, names)):
            return False
        if len(self._known) < SHAPES:
            self._known.add(names)
        return True

    def _careful(self, item: EventItem, notes: Notes) -> Event:
        key, time, version, features, prediction, score, latency_s = item[:7]
        attributes, text, usage, trace_id, weight = item[7:]
        return Event(
            id=shortened(key, NAME, notes),
            model=self.model,
            time=nanoseconds(time),
            version=shortened(str(self.version if version is None else version), NAME, notes),
            features=_values(features, notes),
            prediction=plain(prediction, notes),
            scores=_scores(score, notes),
            attributes=_values(attributes, notes),
            text=_texts(text, notes),
            latency_s=finite(latency_s, notes, "latency_s"),
            usage=_usage(usage, notes),
            trace_id="" if trace_id is None else shortened(str(trace_id), NAME, notes),
            weight=weight,
        )


def _number(value: object) -> float:
    """Any number as a float.  Errors: TypeError or ValueError when it is none."""
    found = plain(value, [])
    if isinstance(found, bool | str) or not isinstance(found, int | float):
        raise TypeError("a reading is no number")
    return float(found)


def _values(values: object, notes: Notes) -> dict[str, Value]:
    return {shortened(k, NAME, notes): plain(v, notes) for k, v in named(values).items()}


def _scores(score: object, notes: Notes) -> dict[str, Score]:
    """One score or list of scores, or either by name; missing ones are left out."""
    if score is None:
        return {}
    by_name = score if isinstance(score, dict) else {"score": score}
    found = {k: scored(v, notes) for k, v in named(by_name).items()}
    return {shortened(k, NAME, notes): v for k, v in found.items() if v is not None}


def _texts(text: object, notes: Notes) -> dict[str, str]:
    """Texts by name; a bare text is called `text`."""
    texts = {"text": text} if isinstance(text, str) else named(text)
    return {k: shortened(str(v), TEXT_BYTES, notes) for k, v in texts.items() if v is not None}


def _usage(usage: object, notes: Notes) -> Usage | None:
    if usage is None or isinstance(usage, Usage):
        return usage
    given = named(usage)
    tokens = [int(finite(given.get(name), notes, name) or 0) for name in TOKENS]
    took = [finite(given.get(name), notes, name) for name in TOOK]
    return Usage(*tokens, *took)
