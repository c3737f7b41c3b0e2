"""A service logs what its model says; a server watches and tells.

Shows the whole way in one file: a reference, `vedette serve` beside it, `Client.log` in the
service, and what the server says when a column stops arriving.  The day goes by in seconds: events
carry their time.
"""

import json
import socket
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from vedette.sdk import Client

DAY, PER_HOUR = datetime(2026, 3, 1, tzinfo=UTC), 200
rng = np.random.default_rng(7)


def served(hour: datetime, country_arrives: bool = True) -> list[dict[str, object]]:
    """An hour of requests to the service."""
    amounts, names = rng.gamma(2.0, 30.0, PER_HOUR), rng.choice(["DE", "FR", "IT"], PER_HOUR)
    return [
        {"amount": float(amount), "country": str(name) if country_arrives else None,
         "time": hour + timedelta(seconds=18 * at)}
        for at, (amount, name) in enumerate(zip(amounts, names, strict=True))
    ]  # fmt: skip


folder = Path(tempfile.mkdtemp())
past = [row for back in range(24 * 14, 0, -1) for row in served(DAY - timedelta(hours=back))]
pq.write_table(pa.Table.from_pylist(past), folder / "reference.parquet")
(folder / "vedette.yaml").write_text(
    f"""
models:
  fraud:
    time: time
    clocks: {{base: 1h, fast: 1h, drift: 1h}}
    baseline: {{file: "{(folder / "reference.parquet").as_posix()}"}}
""",
    encoding="utf-8",
)
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
url = f"http://127.0.0.1:{port}"
command = [sys.executable, "-m", "vedette.cli.main", "serve", "--data", str(folder / "data")]
command += ["--config", str(folder / "vedette.yaml"), "--port", str(port)]
with subprocess.Popen(command) as server:
    try:
        with Client(url, model="fraud", spool=False) as client:  # waits until the server is there
            for hour in range(30):
                for row in served(DAY + timedelta(hours=hour), country_arrives=hour < 24):
                    features = {name: row[name] for name in ("amount", "country")}
                    client.log(features, time=row["time"])
            client.flush(timeout=60)
            print(f"sent {client.counters.acknowledged} events, lost {client.counters.dropped}")
        listed: list[dict[str, str]] = []
        for _ in range(300):
            with urlopen(f"{url}/api/v1/incidents?model=fraud") as answer:
                listed = json.load(answer)["incidents"]
            if listed:
                break
            time.sleep(0.1)
        for incident in listed:
            print(f"column {incident['causes'][0]['column']}, {incident['opened']}: "
                  f"{incident['title']}")  # fmt: skip
    finally:
        server.terminate()
