"""Calls of models that several spans tell of.

Owns: which spans tell what another one tells, too, also where they come in different bodies.  Does
not own: what becomes of them (`ingest.otlp.traces`).

Clients trace themselves (Anthropic's, since 2.14), instrumentations trace clients, and frameworks
what they call: one call is then two spans or three, one below the other, each with all tokens.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from threading import Lock
from typing import Any, NamedTuple

from vedette.core import rows
from vedette.ingest.genai.dialects import CALLS

SAME = (rows.OPERATION, "provider", "request_model", "response_model")
REMEMBERED = 20_000  # calls; the oldest is forgotten first
Place = tuple[str, str]  # trace and span


class _Call(NamedTuple):
    id: str
    parent: Place
    same: tuple[Any, ...]

    def agrees(self, other: "_Call | None") -> bool:
        """What one of two does not tell does not tell them apart."""
        return other is not None and all(map(_agree, self.same, other.same))


class Calls:
    """The calls of a server that came last.  For several threads."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._most, self._lock = most, Lock()
        self._known: OrderedDict[Place, tuple[_Call, bool]] = OrderedDict()  # and if it is told of
        self._below: dict[Place, dict[Place, None]] = {}

    def doubled(self, events: Iterable[Mapping[str, Any]]) -> frozenset[str]:
        """The ids of calls of the same model right below or above one that counts.

        Of those that come together the outermost counts, which mostly has the texts; of others the
        one that came first, as it is an event already.  A body that comes again hears the same.

        Bounds: linear.

        Example:
            >>> outer = {"_id": "t1", "_trace_id": "t", "_span_id": "1", "operation": "chat",
            ...          "request_model": "m"}
            >>> inner = outer | {"_id": "t2", "_span_id": "2", "_parent_id": "1"}
            >>> Calls().doubled([outer, inner]) == {"t2"}
            True
            >>> calls = Calls()
            >>> calls.doubled([inner]), calls.doubled([outer]) == {"t1"}
            (frozenset(), True)
            >>> Calls().doubled([outer, inner | {"request_model": "other"}])
            frozenset()
        """
        came = {
            (one[rows.TRACE], one[rows.SPAN]): _Call(
                one[rows.ID],
                (one[rows.TRACE], one.get(rows.PARENT) or ""),
                tuple(one.get(name) for name in SAME),
            )
            for one in events
            if one.get(rows.OPERATION) in CALLS
        }
        if not came:
            return frozenset()
        with self._lock:
            heads = {place: _head(place, came) for place in came}
            told = {heads[at] for at, one in came.items() if self._is_told(at, one, came)}
            found = set()
            for place, call in came.items():
                if place in self._known:
                    twice = self._known[place][1]
                else:
                    twice = heads[place] != place or place in told
                    self._keep(place, call, twice)
                if twice:
                    found.add(call.id)
        return frozenset(found)

    def _is_told(self, place: Place, call: _Call, came: Mapping[Place, _Call]) -> bool:
        """Whether an earlier body told of a call, in a span right above or below."""
        near = [call.parent, *self._below.get(place, ())]
        return any(
            one not in came and one in self._known and call.agrees(self._known[one][0])
            for one in near
        )

    def _keep(self, place: Place, call: _Call, twice: bool) -> None:
        self._known[place] = call, twice
        if call.parent != place:
            self._below.setdefault(call.parent, {})[place] = None
        if len(self._known) > self._most:
            gone, (old, _) = self._known.popitem(last=False)
            below = self._below.get(old.parent, {})
            below.pop(gone, None)
            if not below:
                self._below.pop(old.parent, None)


def _head(place: Place, came: Mapping[Place, _Call]) -> Place:
    """The outermost of the calls of a body that tell what this one tells."""
    passed = {place}
    while (above := came[place].parent) not in passed and came[place].agrees(came.get(above)):
        passed.add(above)
        place = above
    return place


def _agree(one: Any, other: Any) -> bool:
    return one is None or other is None or one == other
