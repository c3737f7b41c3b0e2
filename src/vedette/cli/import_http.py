"""Handing what was read of files to a server over HTTP.

Owns: trying again while the server is busy or away, files of progress and of records that could not
be read.  Does not own: one exchange (`sdk.transport`), what is sent (`ingest.readers`).
"""

import os
import secrets
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import msgspec

from vedette.core.errors import StoreError, UsageError
from vedette.ingest.readers.course import Told, Unread
from vedette.ingest.readers.portion import Message
from vedette.ingest.readers.progress import Progress
from vedette.sdk.batch import MESSAGES, METRICS, SIDES, Batch, halves
from vedette.sdk.transport import NO_ANSWER, Answer, Transport

PATIENCE_S = 300.0  # that a server may be busy or away before an import gives up
LONGEST_PAUSE_S = 30.0
TIMEOUT_S = 30.0
AGAIN = (NO_ANSWER, 408, 429, 500, 502, 503, 504)
KINDS = {"events": MESSAGES, "metrics": METRICS, "sides": SIDES}


class HttpSink:
    """Sends messages, one after another, until each is durable.

    Errors: UsageError for what the server will never take, StoreError when it stays away.
    """

    def __init__(
        self,
        url: str,
        api_key: str | None,
        progress: Path,
        rejected: Path,
        stop: threading.Event,
        patience: float = PATIENCE_S,
    ) -> None:
        self._url, self._key, self._stop, self._patience = url, api_key, stop, patience
        self._progress, self._rejected = progress, rejected
        self._ways: dict[str, Transport] = {}
        self._process, self._sequence = f"import-{secrets.token_hex(6)}", 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ended: object) -> None:
        for way in self._ways.values():
            way.close()

    def take(self, model: str, message: Message) -> Told:
        """Send a message; one that is too large goes in halves."""
        self._sequence += 1
        kind = KINDS[message.kind]
        rows = message.rows
        return self._sent(
            model, Batch(self._process, self._sequence, rows, rows, kind, message.body)
        )

    def _sent(self, model: str, batch: Batch) -> Told:
        answer = self._answer(model, batch)
        if answer.status == 413 and (parts := halves(batch)) is not None:
            one, two = (self._sent(model, part) for part in parts)
            return Told(
                one.accepted + two.accepted, one.duplicates + two.duplicates,
                one.refused + two.refused, one.why or two.why,
            )  # fmt: skip
        if answer.is_taken:
            return Told(answer.accepted or 0, answer.duplicates, answer.rejected, answer.reason)
        if answer.status in (400, 413, 422):  # every row of it was refused
            return Told(refused=answer.rejected or batch.rows, why=answer.reason)
        raise UsageError(
            f"server {self._url!r}", f"does not take rows of model {model!r}",
            got=f"{answer.status} {answer.reason}", hint=_hint(answer.status),
        )  # fmt: skip

    def _answer(self, model: str, batch: Batch) -> Answer:
        """What the server says when it is neither busy nor away."""
        if model not in self._ways:
            self._ways[model] = Transport(self._url, model, self._key, TIMEOUT_S)
        pause, end = 0.2, time.monotonic() + self._patience
        while True:
            answer = self._ways[model].post(batch, 0, time.time_ns())
            if answer.status not in AGAIN:
                return answer
            if time.monotonic() > end or self._stop.is_set():
                raise StoreError(
                    f"server {self._url!r}", "does not take anything",
                    got=answer.reason or answer.status,
                    hint="start the import again: it goes on where it broke off",
                )  # fmt: skip
            asked = answer.retry_after or 0.0
            self._stop.wait(min(max(pause, asked), LONGEST_PAUSE_S))
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def refuse(self, unread: Sequence[Unread]) -> None:
        """Add records that could not be read to their file."""
        lines = [
            {"file": one.file, "row": one.row, "reason": one.reason, "record": one.record}
            for one in unread
        ]
        text = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
        try:
            self._rejected.parent.mkdir(parents=True, exist_ok=True)
            with self._rejected.open("ab") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise _unwritable(self._rejected, error) from None

    def save(self, progress: Progress) -> None:
        """Keep how far files were read: all of it, or what was there before."""
        beside = self._progress.with_name(f"{self._progress.name}.new")
        try:
            self._progress.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(progress.written())
            beside.replace(self._progress)
        except OSError as error:
            raise _unwritable(self._progress, error) from None


def _unwritable(path: Path, error: OSError) -> StoreError:
    return StoreError(f"path '{path}'", "cannot be written", got=error.strerror)


def _hint(status: int) -> str:
    if status in (401, 403):
        return "give a key that may ingest with --api-key or $VEDETTE_API_KEY"
    return "is this the address of a vedette server?" if status == 404 else ""
