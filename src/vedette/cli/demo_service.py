"""The demo's model at work: a small web service that predicts delays and logs what it does.

Owns: its routes, what it logs.  Does not own: the model (`cli.demo_model`), what lookups take
(`cli.demo_lookups`), the traffic (`cli.demo_traffic`), starting it (`cli.demo_server`).

It is a service as people write them, but for time, which requests bring along.
"""

import os
import pickle
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import psutil
import pyarrow as pa

from vedette.cli.demo_lookups import TIMED_OUT, took
from vedette.cli.demo_model import FEATURES, NAMES, Trained
from vedette.core.words import number
from vedette.sdk import Client

SERVICE = "model.pickle"  # the trained model, as the demo leaves it for its service
ENDPOINT = "/predict"
FLUSH_S = 600.0
KIND = pa.schema([(name, pa.string() if name in NAMES else pa.float64()) for name in FEATURES])


class Hour(msgspec.Struct):
    """The flights that leave in one hour, and the model's version that is to answer.

    Shapes: `flights` by feature; `numbers` of the flights.  Units: `times` in UTC nanoseconds.
    """

    version: str
    numbers: list[int]
    times: list[int]
    flights: list[dict[str, Any]]


class Landed(msgspec.Struct):
    """What became of flights: whether each was late, and when that was known."""

    numbers: list[int]
    late: list[bool]
    known: list[int]


class Service:
    """Predicts, and tells vedette."""

    def __init__(self, trained: Trained, client: Client) -> None:
        self._trained, self._client = trained, client
        self._process = psutil.Process()
        self._worked, self._before = time.process_time(), time.monotonic()
        self._readings = 0

    def predict(self, hour: Hour) -> dict[str, Any]:
        """Say of flights whether they will be late."""
        scores = self._trained.score(pa.Table.from_pylist(hour.flights, KIND)).tolist()
        took_ = took(np.array(hour.numbers), np.array(hour.times), hour.version)
        for at, flight in enumerate(hour.flights):
            failed, score = bool(took_.failed[at]), scores[at]
            attributes = {"endpoint": ENDPOINT}
            if failed:
                attributes["error_type"] = TIMED_OUT
            self._client.log(
                flight,
                prediction=None if failed else score > 0.5,
                score=None if failed else score,
                id=name_of(hour.numbers[at]),
                time=hour.times[at],
                version=hour.version,
                latency_s=float(took_.seconds[at]),
                attributes=attributes,
            )
        self._resources(hour.times[-1])
        return {"scores": scores, "waiting": self.waiting}

    def landed(self, landed: Landed) -> dict[str, Any]:
        """Pass on what became of flights."""
        for at, late, known in zip(landed.numbers, landed.late, landed.known, strict=True):
            self._client.log_label(name_of(at), late, known)
        return {"waiting": self.waiting}

    def flushed(self) -> dict[str, Any]:
        """Send what waits, and count."""
        self._client.flush(FLUSH_S)
        return {"counters": self._client.counters._asdict(), "readings": self._readings}

    @property
    def waiting(self) -> int:
        """What of it has not yet been sent."""
        counts = self._client.counters
        return counts.waiting + counts.spooled

    def _resources(self, at: int) -> None:
        """What this process really takes, at the time that it is given."""
        worked, now = time.process_time(), time.monotonic()
        busy = (worked - self._worked) / max(now - self._before, 1e-3) / (os.cpu_count() or 1)
        self._worked, self._before = worked, now
        self._readings += 2
        memory = self._process.memory_info().rss
        self._client.log_metrics(
            {"process.cpu.utilization": min(busy, 1.0), "process.memory.bytes": memory}, time=at
        )


def name_of(flight: int) -> str:
    """The id of a flight's prediction."""
    return f"flight-{flight:06d}"


def app_of(service: Service) -> Any:
    """The service as a web application."""
    from starlette.applications import Starlette
    from starlette.concurrency import run_in_threadpool
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    def said(answer: Any) -> Response:
        return Response(msgspec.json.encode(answer), media_type="application/json")

    async def predict(request: Request) -> Response:
        return said(service.predict(msgspec.json.decode(await request.body(), type=Hour)))

    async def landed(request: Request) -> Response:
        return said(service.landed(msgspec.json.decode(await request.body(), type=Landed)))

    async def flushed(_: Request) -> Response:
        return said(await run_in_threadpool(service.flushed))

    async def ready(_: Request) -> Response:
        return said({"waiting": service.waiting})

    return Starlette(
        routes=[
            Route(ENDPOINT, predict, methods=["POST"]),
            Route("/landed", landed, methods=["POST"]),
            Route("/flush", flushed, methods=["POST"]),
            Route("/readyz", ready),
        ]
    )


def main(file: str, port: str, url: str, model: str) -> None:
    """Serve until standard input closes."""
    import threading

    import uvicorn

    trained = pickle.loads(Path(file).read_bytes())  # noqa: S301 - the demo wrote it a moment ago
    with Client(url, model, spool=False) as client:
        app = app_of(Service(trained, client))
        config = uvicorn.Config(app, port=int(port), log_level="warning", access_log=False)
        server = uvicorn.Server(config)

        def end() -> None:
            sys.stdin.buffer.read()
            server.should_exit = True

        threading.Thread(target=end, daemon=True).start()
        server.run()
        print(f"logged {number(client.counters.logged)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
