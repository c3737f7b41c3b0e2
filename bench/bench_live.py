"""Promise: in real time, verdicts come within 10 s of a window's end, a lost column within 2 min.

A real server with default clocks (a minute, a minute, an hour) and a reference file takes ten rows
a second.  From a moment on, one column comes no more.  Measured by the clock on the wall: from the
end of every minute until its profile can be asked for, and from the loss until the incident is
there.  Takes three and a half minutes (`--quick`: two and a half).

    python -m bench.bench_live [--quick]
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from bench.load import Sender, Server, request
from bench.table import Promise, promises, verdict_code

MOST_VERDICT_S, MOST_TOLD_S = 10.0, 120.0
EVERY_S, ROWS = 0.5, 5
MINUTE = 60
EVENTS = "/v1/models/bench/events"
CONFIG = """
models:
  bench:
    baseline: {{file: "{reference}"}}
"""


def event(rng: np.random.Generator, *, whole: bool) -> dict[str, object]:
    """One prediction, stamped by the server when it comes."""
    features = {"amount": float(rng.normal()), "country": str(rng.choice(["de", "fr"]))}
    if whole:
        features["age"] = float(rng.integers(20, 70))
    return {"features": features, "score": float(rng.random())}


def reference(path: Path, rng: np.random.Generator) -> None:
    """Ten thousand predictions without times."""
    rows = [event(rng, whole=True) for _ in range(10_000)]
    features = [row["features"] | {"score": row["score"]} for row in rows]  # type: ignore[operator]
    pq.write_table(pa.Table.from_pylist(features), path)


def main() -> int:
    """Print the promises."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    whole_minutes = 1 if parser.parse_args().quick else 2
    rng = np.random.default_rng(0)
    waited: dict[int, float] = {}
    told = float("inf")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        reference(folder / "reference.parquet", rng)
        config = CONFIG.format(reference=folder / "reference.parquet")
        with Server(folder / "data", config=config) as server, Sender(server.port) as sender:
            sender.ask(request(b'[{"features":{}}]', "application/json", EVENTS))
            server.stepped(1)
            lost = (time.time() // MINUTE + 1 + whole_minutes) * MINUTE + 7.0  # within a minute
            while time.time() < lost + MOST_TOLD_S and told == float("inf"):
                events = [event(rng, whole=time.time() < lost) for _ in range(ROWS)]
                body = msgspec.json.encode(events)
                sender.ask(request(body, "application/json", EVENTS))
                now = time.time()
                path = "/api/v1/models/bench/profiles?clock=base&limit=5"
                for found in server.get(path)["profiles"]:  # type: ignore[attr-defined]
                    end = int(np.datetime64(found["end"].rstrip("Z"), "s").astype(int))
                    waited.setdefault(end, now - end)
                incidents = server.get("/api/v1/models/bench/incidents")["incidents"]
                if incidents:
                    told = time.time() - lost
                time.sleep(EVERY_S)
    checks = [
        Promise(
            "a window's verdict at most 10 s after its end",
            f"{max(waited.values(), default=float('inf')):.1f} s (longest of {len(waited)})",
            bool(waited) and max(waited.values()) <= MOST_VERDICT_S,
        ),
        Promise(
            "a lost column told within two minutes", f"{told:.0f} s, of ten rows a second",
            told <= MOST_TOLD_S,
        ),
    ]  # fmt: skip
    print(promises(checks))
    return verdict_code(checks)


if __name__ == "__main__":
    sys.exit(main())
