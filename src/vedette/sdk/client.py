"""The client: what a service calls for each prediction.

Owns: the caller's side: ids, sampling, the queue, what happens in a fork, and the promise that
nothing here blocks or raises.  Does not own: the background threads (`sdk.workers`).

    client = Client("http://127.0.0.1:8642", model="fraud")
    client.log(features, prediction=..., score=...)
"""

import os
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from importlib import import_module
from itertools import count
from os import PathLike
from time import time_ns
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from vedette.core.errors import UsageError, VedetteError
from vedette.core.events import Usage
from vedette.sdk.counters import Counters
from vedette.sdk.prediction import Prediction
from vedette.sdk.queued import Attempt, Bell, Deferred, Piece, made_item, snapshot
from vedette.sdk.sampling import is_kept

if TYPE_CHECKING:
    import ssl

    from vedette.sdk.tally import Tally
    from vedette.sdk.workers import Workers

Moment = int | float | str | datetime
FULL = 1_000  # events make a full message, which wakes the packer
URL = "http://127.0.0.1:8642"
WORKERS = "vedette.sdk.workers"  # loaded with the first client: http.client takes 30 ms


class Client:
    """Sends what a model sees and says to a vedette server, from the background.

    `log` and its kin never block and, once called with the right names of arguments, never raise:
    what goes wrong is counted in `counters` and said in `last_error`.  A client may be used by all
    threads, by async code, and by the children of a fork.

    Units: seconds and bytes.  `url` defaults to $VEDETTE_URL, `api_key` to $VEDETTE_API_KEY;
    `sample` is the fraction of predictions that is sent; `spool` is a folder for what the server
    does not take, True for the user's own ($VEDETTE_SPOOL), False or None for no disk.
    Errors: UsageError when an option cannot be meant.

    Example:
        >>> client = Client("http://127.0.0.1:9", model="fraud", spool=False)
        >>> client.log({"amount": 9.5}, prediction=False, id="42")
        '42'
        >>> client.close(timeout=0.1)  # nobody listens there
        False
        >>> client.counters.dropped_queue
        1
    """

    def __init__(
        self,
        url: str | None = None,
        model: str = "",
        api_key: str | None = None,
        *,
        version: str = "",
        sample: float = 1.0,
        queue_events: int = 100_000,
        queue_bytes: int = 64 << 20,
        spool: str | PathLike[str] | bool | None = True,
        spool_bytes: int = 2 << 30,
        flush_interval: float = 1.0,
        timeout: float = 10.0,
        on_error: Callable[[str], object] | None = None,
        ssl_context: "ssl.SSLContext | None" = None,
    ) -> None:
        background = import_module(WORKERS)
        self._make_workers: type[Workers] = background.Workers
        self._make_tally: type[Tally] = background.Tally
        self._options = background.Options(
            url=background.checked_url(url or os.environ.get("VEDETTE_URL") or URL),
            model=model,
            api_key=api_key or os.environ.get("VEDETTE_API_KEY") or None,
            version=version,
            sample=sample,
            queue_events=queue_events,
            queue_bytes=queue_bytes,
            spool=background.spool_folder(spool),
            spool_bytes=spool_bytes,
            flush_interval=flush_interval,
            timeout=timeout,
            on_error=guarded(on_error),
            ssl_context=ssl_context,
        )
        self._limit, self._weight = queue_events, 1.0 / sample
        self._full = min(FULL, queue_events)
        self._threshold = round(sample * 2**32)
        self._is_sampled = sample < 1
        self._is_closed = False
        self._workers: Workers | None = None
        self._begin_life()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=_forgetful(weakref.ref(self)))

    def _begin_life(self) -> None:
        """Set up what belongs to one process alone."""
        self._lock = threading.RLock()
        self._queue: deque[Any] = deque()
        self._numbers, self._frames = count(1), count(1)
        self._process = os.urandom(8).hex()
        self._prefix = f"{self._process}-"
        self._bell = Bell()
        self._tally = self._make_tally(self._options.on_error)
        self._marks = self._tally.marks
        self._is_running = False

    def _after_fork(self) -> None:
        """Begin anew in a child: the queue, the threads and the spool stay with the parent."""
        workers, self._workers = self._workers, None
        if workers is not None:
            self._end_of_life.detach()
            workers.abandon()
        self._begin_life()

    # --- what a service calls ---------------------------------------------------------------------

    def log(
        self,
        features: Any,
        *,
        prediction: Any = None,
        score: Any = None,
        id: str | None = None,
        time: Moment | None = None,
        version: str | None = None,
        latency_s: float | None = None,
        attributes: Mapping[str, Any] | None = None,
        text: str | Mapping[str, str] | None = None,
        usage: Usage | Mapping[str, Any] | None = None,
        trace_id: str | None = None,
    ) -> str:
        """Log one prediction; return its id, for its label later.

        Shapes: `features` is a mapping of names to values (or a record: a dataclass, a pydantic
        model); `score` one number, numbers by name, or one per class.  The mapping is copied, what
        is in it is not: do not change a list inside afterwards.
        Units: `time` is the moment of serving: nanoseconds if a whole number, seconds if a float,
        a datetime, or ISO text; without a zone UTC; now by default.
        Bounds: at most 1 µs, median, for 20 features (`bench/bench_client.py`).
        """
        try:
            number = next(self._numbers)
            if id is None:
                key = self._prefix + str(number)
            else:
                key = id if type(id) is str else str(id)
            self._marks[0][0] = number
            if self._is_sampled and not self._is_kept(key):
                self._tally.add(sampled_out=1, settled=1)
                return key
            if len(self._queue) >= self._full:
                self._press()
            self._queue.append(
                (
                    key,
                    time_ns() if time is None else time,
                    version,
                    features.copy() if type(features) is dict else snapshot(features),
                    prediction,
                    score,
                    latency_s,
                    attributes,
                    text,
                    usage,
                    trace_id,
                    self._weight,
                )
            )
            if not self._is_running:
                self._begin()
            return key
        except Exception as error:  # noqa: BLE001 - nothing may reach the caller
            self._lose(error)
            return ""

    def log_label(self, id: str, label: Any, time: Moment | None = None) -> None:
        """Log what turned out to be true of a prediction, however late.

        Units: `time` is the moment at which it was known, as in `log`.
        """
        try:
            self._marks[0][0] = next(self._numbers)
            key = id if type(id) is str else str(id)
            if self._is_sampled and not self._is_kept(key):
                self._tally.add(sampled_out=1, settled=1)
                return
            self._put((key, label, time_ns() if time is None else time))
        except Exception as error:  # noqa: BLE001 - nothing may reach the caller
            self._lose(error)

    def log_labels(
        self,
        labels: Mapping[str, Any] | Iterable[tuple[str, Any]],
        time: Moment | None = None,
    ) -> None:
        """Log labels by the ids of their predictions: a mapping, or pairs."""
        try:
            pairs = labels.items() if isinstance(labels, Mapping) else labels
            for key, label in pairs:
                self.log_label(key, label, time)
        except Exception as error:  # noqa: BLE001 - nothing may reach the caller
            self._lose(error)

    def log_frame(
        self,
        frame: Any,
        *,
        id: str | None = None,
        time: str | None = None,
        prediction: str | None = None,
        score: str | Mapping[str, str] | None = None,
        version: str | None = None,
        latency_s: str | None = None,
    ) -> int:
        """Log every row of a frame; return how many were taken.

        Shapes: a pandas or Polars frame, an Arrow table or record batch, or whatever else offers an
        Arrow stream; needs pyarrow.  The arguments name columns: `score` one, or one per name of a
        score.  All other columns are features.  Rows without an id get one, rows without a time are
        of now.
        """
        try:
            pieces = import_module("vedette.sdk.frames").pieces(
                frame,
                columns={
                    "id": id,
                    "time": time,
                    "prediction": prediction,
                    "version": version,
                    "latency_s": latency_s,
                },
                scores={"score": score} if isinstance(score, str) else dict(score or {}),
                prefix=f"{self._prefix}f{next(self._frames)}-",
                version=self._options.version,
                now=time_ns(),
                is_kept=self._is_kept if self._is_sampled else None,
                weight=self._weight,
            )
            rows = 0
            for piece_rows, write in pieces:
                self._put(Piece(piece_rows, write))
                rows += piece_rows
            self._bell.ring()
            return rows
        except Exception as error:  # noqa: BLE001 - nothing may reach the caller
            self._lose(error, rows=_length(frame), settled=0)
            return 0

    def log_later(self, make: Callable[[], Mapping[str, Any] | None]) -> None:
        """Log an event that is made in the background: `make` returns what `log` takes, or None.

        Its `features` are required, all else is optional; without a `time` it is of this moment.
        """
        try:
            self._marks[0][0] = number = next(self._numbers)
            key, now = self._prefix + str(number), time_ns()
            if self._is_sampled and not self._is_kept(key):
                self._tally.add(sampled_out=1, settled=1)
                return
            weight = self._weight
            self._put(Deferred(make, lambda made: made_item(made, key, now, weight)))
        except Exception as error:  # noqa: BLE001 - nothing may reach the caller
            self._lose(error)

    def prediction(self, features: Any, **known: Any) -> Prediction:
        """Log one prediction at the end of a `with` block, with the time that it took.

        Example:
            >>> client = Client("http://127.0.0.1:9", model="fraud", spool=False)
            >>> with client.prediction({"amount": 9.5}) as p:
            ...     p.prediction = True
            >>> client.close(timeout=0.1)
            False
        """
        return Prediction(self.log, features, known)

    def watch(self, function: Any = None, /, **how: Any) -> Any:
        """Log every call of a function: its arguments are the features, its result the prediction.

        Shapes: `@client.watch`, or `@client.watch(features=…, prediction=…, score=…)` where each is
        a function: of the call's arguments by name for the features, of the result for the others.
        A single argument that is a mapping is the features itself; a result that is a dict with a
        key `prediction` or `score` is taken apart.  A call that raises is logged with the
        attribute `error`.  Plain and async functions; the time of each call is its latency.
        Errors: UsageError for generators and things that cannot be called.

        Example:
            >>> client = Client("http://127.0.0.1:9", model="fraud", spool=False)
            >>> @client.watch
            ... def predict(amount, country):
            ...     return amount > 100
            >>> predict(250, "DE"), client.close(timeout=0.1)
            (True, False)
        """
        if function is None:
            return lambda wanted: self.watch(wanted, **how)
        return import_module("vedette.sdk.watch").watched(self.log_later, function, **how)

    # --- what has become of it --------------------------------------------------------------------

    @property
    def counters(self) -> Counters:
        """Everything that was counted in this process."""
        counts, waiting = self._tally.snapshot(), len(self._queue)
        taken = in_line = 0
        if self._workers is not None:
            taken, in_line = self._workers.packer.taken, self._workers.backlog.rows
        logged = counts.logged + taken + waiting
        return counts._replace(logged=logged, waiting=waiting + in_line)

    @property
    def last_error(self) -> str:
        """The last thing that went wrong, in one sentence; "" when nothing did."""
        return self._tally.last_error

    def flush(self, timeout: float = 10.0) -> bool:
        """Wait until nothing that was logged before is waiting; False when time is up.

        `counters` say whether some of it was lost.
        """
        try:
            return self._workers is None or self._workers.flush(timeout)
        except Exception as error:  # noqa: BLE001 - nothing may reach the caller
            self._lose(error, rows=0, settled=0)
            return False

    def close(self, timeout: float = 5.0) -> bool:
        """Flush and end; what the server has not taken is on disk, or counted as lost.

        Returns: whether the server has taken everything.
        """
        try:
            with self._lock:
                self._is_closed, self._is_running = True, False
                workers = self._workers
            if workers is None:
                return True
            self._end_of_life.detach()
            return workers.close(timeout)
        except Exception as error:  # noqa: BLE001 - nothing may reach the caller
            self._lose(error, rows=0, settled=0)
            return False

    async def aflush(self, timeout: float = 10.0) -> bool:
        """`flush` for async code."""
        import asyncio

        return await asyncio.to_thread(self.flush, timeout)

    async def aclose(self, timeout: float = 5.0) -> bool:
        """`close` for async code."""
        import asyncio

        return await asyncio.to_thread(self.close, timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"Client({self._options.url!r}, model={self._options.model!r})"

    # --- inside -----------------------------------------------------------------------------------

    def _put(self, item: Any) -> None:
        if len(self._queue) >= self._full:
            self._press()
        self._queue.append(item)
        if not self._is_running:
            self._begin()

    def _is_kept(self, key: str) -> bool:
        return is_kept(key, self._threshold)

    def _press(self) -> None:
        """Wake the packer; when the queue is full, drop the oldest and count it."""
        self._bell.ring()
        while len(self._queue) >= self._limit:
            try:
                self._drop(self._queue.popleft())
            except IndexError:  # it has just been emptied
                return

    def _drop(self, item: Any) -> None:
        if type(item) is Piece:
            self._tally.add(dropped_queue=item.rows, logged=item.rows)
        elif type(item) in (tuple, Deferred):
            self._tally.add(dropped_queue=1, logged=1, settled=1)
        else:
            item.is_reached.set()
            return
        if not self._tally.last_error.startswith("the queue is full"):
            self._tally.note("the queue is full: its oldest events are dropped")

    def _begin(self) -> None:
        """Start the threads with the first event of a process; drop events after the end."""
        with self._lock:
            if self._is_running:
                return
            if self._is_closed:
                while self._queue:
                    self._drop(self._queue.popleft())
                self._tally.note("the client is closed: events are dropped")
                return
            workers = self._make_workers(
                self._options,
                self._queue,
                self._bell,
                self._tally,
                self._process,
                attempting(self._tally),
            )
            try:
                workers.start()
            except RuntimeError as error:  # no more threads, or the interpreter is ending
                self._tally.note(f"no thread can be started, events wait: {error}")
                return
            self._workers, self._is_running = workers, True
            self._end_of_life = weakref.finalize(self, workers.retire)
            self._end_of_life.atexit = False

    def _lose(self, error: Exception, rows: int = 1, settled: int = 1) -> None:
        with suppress(Exception):  # not even the counting may reach the caller
            self._tally.add(dropped_invalid=rows, logged=rows, settled=settled)
            self._tally.note(_said(error))


def guarded(on_error: Callable[[str], object] | None) -> Callable[[str], object] | None:
    """A callback that cannot raise."""
    if on_error is None:
        return None
    if not callable(on_error):
        raise UsageError("client", "on_error cannot be called", got=type(on_error).__name__)

    def call(message: str) -> None:
        with suppress(Exception):  # a service's callback is not ours to judge
            on_error(message)

    return call


def attempting(tally: "Tally") -> Attempt:
    """A way to call what may raise anything: the error is noted, the result is None."""

    def attempt(function: Callable[[Any], Any], argument: Any) -> Any:
        try:
            return function(argument)
        except Exception as error:  # noqa: BLE001 - values of a service may raise anything
            tally.note(_said(error))
            return None

    return attempt


def _said(error: Exception) -> str:
    """An error without the values that led to it: these stay out of logs."""
    if isinstance(error, UsageError):
        return str(error)
    problem = error.problem if isinstance(error, VedetteError) else "nothing can be made of it"
    return f"an event was dropped: {problem} ({type(error).__name__})"


def _forgetful(client: "weakref.ref[Client]") -> Callable[[], None]:
    def forget() -> None:
        found = client()
        if found is not None:
            found._after_fork()

    return forget


def _length(frame: Any) -> int:
    try:
        return len(frame)
    except Exception:  # noqa: BLE001 - what is no frame has no length either
        return 0
