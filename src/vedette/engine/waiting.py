"""Sides of calls that wait for the other one.

Owns: which calls are complete, given up or late, how much memory their bodies take, since when
anything waits.  Does not own: threads (`engine.capture`), what calls mean (`engine.captured`).
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import msgspec

from vedette.engine.captured import Call
from vedette.ingest.cloudevents.kept import Kept
from vedette.ingest.cloudevents.parts import REQUEST, RESPONSE, Part

REMEMBERED = 20_000  # calls of a model that were done, for sides that come too late


class Counts(msgspec.Struct):
    """What became of the sides of a model's calls since the server began.  Units: calls.

    `paired` have both sides, `requests_alone` and `responses_alone` were given up, `late` sides
    came after that.
    """

    paired: int = 0
    requests_alone: int = 0
    responses_alone: int = 0
    late: int = 0

    @property
    def finished(self) -> int:
        """Calls of which nothing more is awaited."""
        return self.paired + self.requests_alone + self.responses_alone


@dataclass
class _Open:
    """A call of which one side came."""

    kept: Kept
    bare: bool = False  # its body is in the log only


class Waiting:
    """The open calls of one model.

    Units: `timeout` nanoseconds.
    """

    def __init__(self, timeout: int) -> None:
        self.timeout = timeout
        self.counts = Counts()
        self.size = 0  # bytes of bodies
        self._open: OrderedDict[str, _Open] = OrderedDict()
        self._busy: dict[str, tuple[int, frozenset[str]]] = {}  # not stored yet: received, sides
        self._done: OrderedDict[str, frozenset[str]] = OrderedDict()  # the sides that came
        self._sides: set[str] = set()
        self._newest = 0

    def __len__(self) -> int:
        return len(self._open)

    @property
    def both(self) -> bool:
        """Whether both sides of the model's calls are logged."""
        return len(self._sides) > 1

    @property
    def heard(self) -> bool:
        """Whether any side came."""
        return bool(self._sides)

    @property
    def idle(self) -> bool:
        """Whether every call that came is stored."""
        return not self._open and not self._busy

    @property
    def since(self) -> int:
        """From when on the log holds sides of calls that are not stored yet.  Units: as `Kept`."""
        oldest = [one.kept.received for one in self._open.values()]
        return min([*(at for at, _ in self._busy.values()), *oldest], default=self._newest)

    def pass_over(self, kept: Kept) -> None:
        """Note something of the log that waits for no other side."""
        self._newest = max(self._newest, kept.received)

    def hear(self, kept: Kept, room: int) -> Call | None:
        """Take a side in; the call, when it completes one.

        Of a body larger than there is `room` for only the id is remembered.
        """
        part = kept.part
        self._newest = max(self._newest, kept.received)
        self._sides.add(part.side)
        known = self._done.get(part.call) or self._busy.get(part.call, (0, None))[1]
        if known is not None:
            self.counts.late += part.side not in known
            return None
        other = self._open.get(part.call)
        if other is None:
            bare = len(part.data) > room
            if bare:
                kept = replace(kept, part=replace(part, data=b""))
            self._open[part.call] = _Open(kept, bare)
            self.size += len(kept.part.data)
            return None
        if other.kept.part.side == part.side:  # the log lets none twice, within its horizon
            return None
        self._drop(part.call)
        self.counts.paired += 1
        return self._taken(other, part)

    def expired(self, now: int) -> list[Call]:
        """Calls that are given up, the oldest first."""
        calls = []
        while self._open:
            name, one = next(iter(self._open.items()))
            if one.kept.received + self.timeout > now:
                break
            self._drop(name)
            failed = one.kept.part.side == REQUEST and self.both
            self.counts.requests_alone += one.kept.part.side == REQUEST
            self.counts.responses_alone += one.kept.part.side != REQUEST
            calls.append(self._taken(one, failed=failed))
        return calls

    def were_late(self, calls: Sequence[Call]) -> None:
        """Note calls given up here that are events already: their sides came too late for them."""
        for call in calls:
            self.counts.requests_alone -= call.request is not None
            self.counts.responses_alone -= call.response is not None
            self.counts.late += 1
        self.stored([call.id for call in calls])

    def known(self, sides: Iterable[Kept]) -> None:
        """Note sides of calls that were done with before a start."""
        for kept in sides:
            name = kept.part.call
            self._done[name] = self._done.get(name, frozenset()) | {kept.part.side}
        self._forget()

    def stored(self, names: Iterable[str]) -> None:
        """Note calls whose events are durable."""
        for name in names:
            if name in self._busy:
                _, self._done[name] = self._busy.pop(name)
        self._forget()

    def _forget(self) -> None:
        while len(self._done) > REMEMBERED:
            self._done.popitem(last=False)

    def _drop(self, name: str) -> _Open:
        one = self._open.pop(name)
        self.size -= len(one.kept.part.data)
        return one

    def _taken(self, one: _Open, last: Part | None = None, *, failed: bool = False) -> Call:
        """A call on its way to becoming events."""
        first = one.kept.part
        sides = {part.side: part for part in (first, last) if part is not None}
        self._busy[first.call] = one.kept.received, frozenset(sides)
        return Call(
            first.call, one.kept.received, sides.get(REQUEST), sides.get(RESPONSE),
            failed=failed, bare=first.side if one.bare else "",
        )  # fmt: skip
