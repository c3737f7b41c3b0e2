"""The thread that posts messages until the server has taken them.

Owns: what each answer leads to, and when to try again.  Does not own: the line of messages
(`sdk.backlog`), the connection (`sdk.transport`).
"""

import threading
import zlib
from collections import deque
from random import Random
from time import time_ns

from vedette.core.errors import SchemaError
from vedette.sdk.backlog import Backlog
from vedette.sdk.batch import Batch, halves
from vedette.sdk.tally import Tally
from vedette.sdk.transport import NO_ANSWER, Answer, Transport

NEVER = frozenset((400, 415, 422))  # the same message will be refused again
TOO_LARGE = 413
FAULT = 500
FAULTS = 5  # as many times a message may break the server before it is cut in two
FIRST_S, LONGEST_S = 0.25, 30.0  # the range of the wait, doubled with each failure
LONGEST_ASKED_S = 300.0  # a server that asks for more is asked again after this
IDLE_S = 30.0  # how often to look for spools of dead processes


class Sender:
    """Sends what is in line, one message after the other."""

    def __init__(
        self, backlog: Backlog, transport: Transport, tally: Tally, process: str, luck: Random
    ) -> None:
        self.backlog, self.transport, self.tally = backlog, transport, tally
        self.process, self.luck = process, luck
        self.failures = 0  # in a row
        self._reported = 0  # of the losses, those the server knows of
        self._pause = threading.Event()  # set: do not wait any longer
        self._end = threading.Event()

    def step(self) -> bool:
        """Send the oldest message, or look around when there is none for a while."""
        batch = self.backlog.take(IDLE_S)
        if batch is not None:
            self.deliver(batch)
        elif not self.is_over:
            self.backlog.adopt()
        return True

    @property
    def is_over(self) -> bool:
        """Whether this thread shall end."""
        return self._end.is_set()

    def rest(self) -> None:
        """Wait a little after something that must not happen, lest it happen all the time."""
        self._end.wait(LONGEST_S)

    def nudge(self) -> None:
        """Try again at once."""
        self._pause.set()

    def stop(self) -> None:
        """End after the attempt that is under way."""
        self._end.set()
        self._pause.set()

    def deliver(self, batch: Batch) -> None:
        """Post a message until every part of it is taken or refused for good."""
        parts = deque([batch])
        faults = 0
        while parts and not self.is_over:
            answer = self._post(parts[0])
            faults = faults + 1 if answer.status == FAULT else 0
            if answer.is_taken:
                self._taken(parts.popleft(), answer)
            elif answer.status == TOO_LARGE or faults >= FAULTS:
                faults = 0
                self._cut(parts, answer)
            elif answer.status in NEVER:
                self._refused(parts.popleft(), answer)
            else:
                self._wait(answer)
        if not parts:
            self.backlog.done(batch, self.process)

    def _post(self, batch: Batch) -> Answer:
        dropped = self.tally.snapshot().dropped
        answer = self.transport.post(batch, dropped - self._reported, time_ns())
        if answer.status != NO_ANSWER:
            self.tally.add(sent=batch.rows)
        if answer.is_taken:
            self._reported = dropped
        return answer

    def _taken(self, batch: Batch, answer: Answer) -> None:
        self._is_back()
        rejected = min(answer.rejected, batch.rows)
        self.tally.add(
            acknowledged=batch.rows - rejected,
            duplicates=answer.duplicates,
            rejected_by_server=rejected,
        )
        if rejected:
            self.tally.note(f"the server rejected {rejected} events: {answer.reason}")

    def _refused(self, batch: Batch, answer: Answer) -> None:
        self._is_back()
        self.tally.add(rejected_by_server=batch.rows)
        self.tally.note(f"the server refused {batch.rows} events: {_said(answer)}")

    def _cut(self, parts: deque[Batch], answer: Answer) -> None:
        batch = parts.popleft()
        try:
            pair = halves(batch)
        except (SchemaError, zlib.error):
            pair = None
        if pair is None:
            self._refused(batch, answer)
        else:
            parts.extendleft(reversed(pair))

    def _is_back(self) -> None:
        self.failures = 0
        if self.backlog.is_away:
            self.backlog.server(is_away=False)
            self.backlog.adopt()

    def _wait(self, answer: Answer) -> None:
        """Wait for a random part of a time that doubles, or for as long as the server asks."""
        self.failures += 1
        self.tally.add(retries=1)
        self.backlog.server(is_away=True)
        self.tally.note(f"the server takes no events, they wait: {_said(answer)}")
        longest = min(LONGEST_S, FIRST_S * 2 ** min(self.failures, 20))
        asked = min(answer.retry_after or 0.0, LONGEST_ASKED_S)
        self._end.wait(asked)  # what the server asks for is not cut short, but by the end
        if not self._end.is_set():
            self._pause.wait(self.luck.uniform(0, longest))
            self._pause.clear()


def _said(answer: Answer) -> str:
    status = f"status {answer.status}" if answer.status else "no answer"
    return f"{status}; {answer.reason}" if answer.reason else status
