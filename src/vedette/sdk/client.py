"""The client: what a service calls for each prediction.

Owns: the caller's side: ids, sampling, and the promise that nothing here blocks or raises.  Does
not own: the queue and what happens in a fork (`sdk.line`), the background threads (`sdk.workers`).

    client = Client("http://127.0.0.1:8642", model="fraud")
    client.log(features, prediction=..., score=...)
"""

import os
import weakref
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from importlib import import_module
from os import PathLike
from time import time_ns
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from vedette.core.events import Usage
from vedette.sdk.batch import FRAMES, TWIN_FRAMES
from vedette.sdk.counters import Counters
from vedette.sdk.options import Options, checked_url, spool_folder
from vedette.sdk.prediction import Prediction
from vedette.sdk.queued import Deferred, Twin, made_item, snapshot
from vedette.sdk.sampling import is_kept

if TYPE_CHECKING:
    import ssl

    from vedette.sdk.line import Line

Moment = int | float | str | datetime
URL = "http://127.0.0.1:8642"
LINE, TALLY = "vedette.sdk.line", "vedette.sdk.tally"  # loaded late: http.client takes 30 ms
WAIT_S = 0.5  # that a frame waits for room, once
FRAME_PART = 4  # a piece of a frame is at most this part of the queue


class Client:
    """Sends what a model sees and says to a vedette server, from the background.

    `log` and its kin never block and, once called with the right names of arguments, never raise:
    what goes wrong is counted in `counters` and said in `last_error`.  A client may be used by all
    threads, by async code, and by the children of a fork.

    Units: seconds and bytes.  `url` defaults to $VEDETTE_URL, `api_key` to $VEDETTE_API_KEY;
    `sample` is the fraction of predictions that is sent; at most `queue_events` events, labels and
    rows of frames wait to be packed, and `queue_bytes` of messages to be sent; `spool` is a folder
    for what the server does not take, True for the user's own ($VEDETTE_SPOOL), False or None for
    no disk.
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
        options = Options(
            url=checked_url(url or os.environ.get("VEDETTE_URL") or URL),
            model=model,
            api_key=api_key or os.environ.get("VEDETTE_API_KEY") or None,
            version=version,
            sample=sample,
            queue_events=queue_events,
            queue_bytes=queue_bytes,
            spool=spool_folder(spool),
            spool_bytes=spool_bytes,
            flush_interval=flush_interval,
            timeout=timeout,
            on_error=import_module(TALLY).guarded(on_error),
            ssl_context=ssl_context,
        )
        self._weight = 1.0 / sample
        self._threshold = round(sample * 2**32)
        self._is_sampled = sample < 1
        self._line: Line = import_module(LINE).Line(options)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=_forgetful(weakref.ref(self)))

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
        model); `score` one number, numbers by name (of several classes, one by class), or of a
        ranking a list of numbers.  The mapping is copied, what is in it is not: do not change a
        list inside afterwards.
        Units: `time` is the moment of serving: nanoseconds if a whole number, seconds if a float,
        a datetime, or ISO text; without a zone UTC; now by default.
        Bounds: at most 1 µs, median, for 20 features (`bench/bench_client.py`).
        """
        try:
            line = self._line
            number = next(line.numbers)
            if id is None:
                key = line.prefix + str(number)
            else:
                key = id if type(id) is str else str(id)
            line.marks[0][0] = number
            if self._is_sampled and not self._is_kept(key):
                line.tally.add(sampled_out=1, settled=1)
                return key
            queue = line.queue
            if len(queue) >= line.full:
                line.press()
            queue.append(
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
            if not line.is_running:
                line.begin()
            return key
        except Exception as error:  # noqa: BLE001 - nothing may reach the caller
            self._line.tally.lose(error)
            return ""

    def log_label(self, id: str, label: Any, time: Moment | None = None) -> None:
        """Log what turned out to be true of a prediction, however late.

        Units: `time` is the moment at which it was known, as in `log`.
        """
        try:
            line = self._line
            line.marks[0][0] = next(line.numbers)
            key = id if type(id) is str else str(id)
            if self._is_sampled and not self._is_kept(key):
                line.tally.add(sampled_out=1, settled=1)
                return
            line.put((key, label, time_ns() if time is None else time))
        except Exception as error:  # noqa: BLE001 - nothing may reach the caller
            self._line.tally.lose(error)

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
            self._line.tally.lose(error)

    def log_offline(
        self,
        id: str,
        features: Any,
        *,
        prediction: Any = None,
        score: Any = None,
        time: Moment | None = None,
    ) -> None:
        """Log the twin of an event: what training or a batch job reckons for the same id.

        It may come before the event or days after it.  The first twin of an id counts.
        Shapes: `features`, `prediction` and `score` as in `log`; what is not reckoned offline is
        left out.
        Units: `time` is the moment at which it was reckoned, as in `log`.
        """
        try:
            line = self._line
            line.marks[0][0] = next(line.numbers)
            key = id if type(id) is str else str(id)
            if self._is_sampled and not self._is_kept(key):
                line.tally.add(sampled_out=1, settled=1)
                return
            now = time_ns() if time is None else time
            said = (key, now, None, snapshot(features), prediction, score)
            line.put(Twin((*said, None, None, None, None, None, 1.0)))
        except Exception as error:  # noqa: BLE001 - nothing may reach the caller
            self._line.tally.lose(error)

    def log_offline_frame(
        self,
        frame: Any,
        *,
        id: str,
        time: str | None = None,
        prediction: str | None = None,
        score: str | Mapping[str, str] | None = None,
    ) -> int:
        """Log every row of a frame as the twin of an event; return how many were taken.

        Shapes, Bounds: as `log_frame`; `id` names the column with the ids of the events.
        """
        columns = {"id": id, "time": time, "prediction": prediction}
        return self._log_pieces(frame, columns, score, TWIN_FRAMES)

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
        Bounds: a frame larger than half of the queue waits while its first rows are packed, which
        takes about as long as copying them; never for the server.
        """
        columns = {"id": id, "time": time, "prediction": prediction, "version": version}
        return self._log_pieces(frame, {**columns, "latency_s": latency_s}, score, FRAMES)

    def _log_pieces(
        self,
        frame: Any,
        columns: Mapping[str, str | None],
        score: str | Mapping[str, str] | None,
        kind: str,
    ) -> int:
        try:
            line = self._line
            pieces = import_module("vedette.sdk.frames").pieces(
                frame,
                columns=columns,
                scores={"score": score} if isinstance(score, str) else dict(score or {}),
                prefix=f"{line.prefix}f{next(line.frames)}-",
                version=line.options.version,
                now=time_ns(),
                is_kept=self._is_kept if self._is_sampled else None,
                weight=self._weight,
                most=line.options.queue_events // FRAME_PART,
                kind=kind,
            )
            rows, has_room = 0, True
            for piece in pieces:
                has_room = line.put_piece(piece, WAIT_S if has_room else 0.0)
                rows += piece.rows
            return rows
        except Exception as error:  # noqa: BLE001 - nothing may reach the caller
            self._line.tally.lose(error, rows=_length(frame), settled=0)
            return 0

    def log_metric(self, name: str, value: Any, time: Moment | None = None) -> None:
        """Log what a metric is now: the depth of a queue, an accuracy that a job reckons, a bill.

        Every metric of a model is watched for values that are unlike those before; all readings of
        one minute (a window of the fast clock) count as their mean.  Readings are never sampled.
        Shapes: `value` any finite number; `name` 1 to 256 characters.
        Units: `time` is the moment at which it was so, as in `log`; now by default.
        """
        try:
            self._line.put_reading(name, value, time_ns() if time is None else time)
        except Exception as error:  # noqa: BLE001 - nothing may reach the caller
            self._line.tally.lose(error)

    def log_metrics(self, values: Mapping[str, Any], time: Moment | None = None) -> None:
        """Log what several metrics are at one moment: names to numbers."""
        try:
            now = time_ns() if time is None else time
            for name, value in values.items():
                self.log_metric(name, value, now)
        except Exception as error:  # noqa: BLE001 - nothing may reach the caller
            self._line.tally.lose(error)

    def watch_resources(self, every: float = 15.0, gpu: bool | None = None) -> None:
        """Log what this process and its machine use, every so many seconds, from the background.

        Processor, memory, disk, network, threads and open files; of NVIDIA GPUs with the extra
        `gpu` utilisation, memory, power, energy, temperature and throttling: where there are any,
        or not at all with `gpu=False`.  A child after a fork does so for itself once it logs.
        Errors: UsageError for an interval that cannot be meant.

        Example:
            >>> client = Client("http://127.0.0.1:9", model="fraud", spool=False)
            >>> client.watch_resources(every=60)
            >>> _ = client.close(timeout=0.1)
        """
        watch = import_module("vedette.sdk.resource_watch").ResourceWatch(every, gpu)
        try:
            self._line.watch_resources(watch)
        except Exception as error:  # noqa: BLE001 - nothing may reach the caller
            self._line.tally.lose(error, rows=0, settled=0)

    def log_later(self, make: Callable[[], Mapping[str, Any] | None]) -> None:
        """Log an event that is made in the background: `make` returns what `log` takes, or None.

        Its `features` are required, all else is optional; without a `time` it is of this moment.
        """
        try:
            line = self._line
            line.marks[0][0] = number = next(line.numbers)
            key, now = line.prefix + str(number), time_ns()
            if self._is_sampled and not self._is_kept(key):
                line.tally.add(sampled_out=1, settled=1)
                return
            weight = self._weight
            line.put(Deferred(make, lambda made: made_item(made, key, now, weight)))
        except Exception as error:  # noqa: BLE001 - nothing may reach the caller
            self._line.tally.lose(error)

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
        line = self._line
        counts = (line.workers.backlog if line.workers else line.tally).snapshot()
        queued = line.rows
        taken = line.workers.packer.taken if line.workers else 0
        counts = counts._replace(logged=counts.logged + queued + taken)
        gone = counts.spooled + counts.acknowledged + counts.rejected_by_server + counts.dropped
        return counts._replace(waiting=max(0, counts.handed - gone))

    @property
    def last_error(self) -> str:
        """The last thing that went wrong, in one sentence; "" when nothing did."""
        return self._line.tally.last_error

    def flush(self, timeout: float = 10.0) -> bool:
        """Wait until nothing that was logged before is waiting; False when time is up.

        `counters` say whether some of it was lost.
        """
        try:
            workers = self._line.workers
            return workers is None or workers.flush(timeout)
        except Exception as error:  # noqa: BLE001 - nothing may reach the caller
            self._line.tally.lose(error, rows=0, settled=0)
            return False

    def close(self, timeout: float = 5.0) -> bool:
        """Flush and end; what the server has not taken is on disk, or counted as lost.

        Returns: whether the server has taken everything.
        """
        try:
            return self._line.close(timeout)
        except Exception as error:  # noqa: BLE001 - nothing may reach the caller
            self._line.tally.lose(error, rows=0, settled=0)
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
        return f"Client({self._line.options.url!r}, model={self._line.options.model!r})"

    # --- inside -----------------------------------------------------------------------------------

    def _is_kept(self, key: str) -> bool:
        return is_kept(key, self._threshold)


def _forgetful(client: "weakref.ref[Client]") -> Callable[[], None]:
    def forget() -> None:
        found = client()
        if found is not None:
            found._line = found._line.forked()

    return forget


def _length(frame: Any) -> int:
    try:
        return len(frame)
    except Exception:  # noqa: BLE001 - what is no frame has no length either
        return 0
