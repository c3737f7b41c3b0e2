"""What OpenTelemetry's conventions say of machines, processes and GPUs, by vedette's names.

Owns: the table of these metrics; readings of the points that came together.  Does not own: the
arithmetic of rows (`ingest.scrape`), what counters gained (`streams`), other metrics (`points`).

Points of one sender at one moment belong together, as the samples of one scrape do: what each
processor says of each state becomes one share.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

from vedette.ingest.otlp.form import Form
from vedette.ingest.otlp.points import Reading, Series, grows, since
from vedette.ingest.otlp.streams import Counts, Streams
from vedette.ingest.otlp.units import factor
from vedette.ingest.scrape.engines import REAL_DISKS, REAL_NETWORK, WHOLE_DISKS
from vedette.ingest.scrape.readings import readings_of_engine
from vedette.ingest.scrape.row import LEVEL, MOST, RATE, SHARE, SUM, Engine, Row
from vedette.ingest.scrape.text import PLAIN, Sample, Scrape

IDLE = {"state": r"idle|iowait|wait"}
USED = {"state": r"used"}
# The conventions renamed labels when they became stable; both count.
LABELS: Mapping[str, str] = {
    "cpu.mode": "state", "system.memory.state": "state", "system.filesystem.state": "state",
    "disk.io.direction": "direction", "network.io.direction": "direction",
    "system.device": "device", "network.interface.name": "device",
    "system.filesystem.mountpoint": "mountpoint", "system.filesystem.type": "fstype",
    "type": "fstype",
}  # fmt: skip
OPENTELEMETRY = Engine(
    "opentelemetry", "OpenTelemetry", 4318, r"(system|process|hw)\..*",
    (
        Row("resource.cpu.utilization", SHARE, r"system\.cpu\.time", r"system\.cpu\.time",
            where=IDLE, rest=True),
        Row("resource.cpu.utilization", LEVEL, r"system\.cpu\.utilization",
            r"system\.cpu\.utilization", where=IDLE, rest=True),
        Row("resource.memory.bytes", SUM, r"system\.memory\.usage", only=USED),
        Row("resource.memory.utilization", LEVEL, r"system\.memory\.usage",
            r"system\.memory\.usage", where=USED),
        Row("resource.memory.utilization", SUM, r"system\.memory\.utilization", only=USED),
        # As df does it: of what is not kept back for the system.
        Row("resource.disk.utilization", LEVEL, r"system\.filesystem\.usage",
            r"system\.filesystem\.usage", only={**REAL_DISKS, "state": r"used|free"},
            where=USED, each=("device", "mountpoint")),
        Row("resource.disk.read_bytes.rate", RATE, r"system\.disk\.io",
            only={**WHOLE_DISKS, "direction": "read"}),
        Row("resource.disk.written_bytes.rate", RATE, r"system\.disk\.io",
            only={**WHOLE_DISKS, "direction": "write"}),
        Row("resource.network.received_bytes.rate", RATE, r"system\.network\.io",
            only={**REAL_NETWORK, "direction": "receive"}),
        Row("resource.network.sent_bytes.rate", RATE, r"system\.network\.io",
            only={**REAL_NETWORK, "direction": "transmit"}),
        Row("process.cpu.utilization", SUM, r"process\.cpu\.utilization"),
        Row("process.cpu.cores", RATE, r"process\.cpu\.time"),
        Row("process.memory.bytes", SUM, r"process\.memory\.usage"),
        Row("process.threads", SUM, r"process\.(thread\.count|threads)"),
        Row("process.open_files", SUM,
            r"process\.((unix\.|open_)?file_descriptor\.count|open_file_descriptors)"),
        Row("gpu.{gpu}.utilization", MOST, r"hw\.gpu\.utilization"),
        Row("gpu.{gpu}.memory.utilization", MOST, r"hw\.gpu\.memory\.utilization"),
        Row("gpu.{gpu}.memory.bytes", SUM, r"hw\.gpu\.memory\.usage"),
    ),
    gpu=("hw.id",),
)  # fmt: skip


@lru_cache(maxsize=4096)
def is_resource(name: str) -> bool:
    """Whether the table speaks of a metric.

    Example:
        >>> is_resource("system.cpu.time"), is_resource("system.uptime")
        (True, False)
    """
    return any(re.fullmatch(row.of, name) for row in OPENTELEMETRY.rows)


class Told(NamedTuple):
    """A reading, whose it is, and which point of the body it came with."""

    model: str
    place: int
    reading: Reading


class _Moment:
    """The points that one sender has of one metric at one moment."""

    def __init__(self) -> None:
        self.samples: list[Sample] = []
        self.seconds = 0.0  # that counters grew for
        self.plain: list[Told] = []  # what is told where the table has nothing to say


class Resources:
    """The points of one body that the table speaks of, put together."""

    def __init__(self, form: Form, streams: Streams) -> None:
        self._form, self._streams = form, streams
        self._moments: dict[tuple[str, bytes, str, int], _Moment] = {}

    def add(self, metric: Any, point: Any, series: Series, whose: bytes, plain: list[Told]) -> None:
        """Take a point whose readings by its own name are `plain`, not empty."""
        model, time = plain[0].model, point.time_unix_nano
        moment = self._moments.setdefault((model, whose, metric.name, time), _Moment())
        moment.plain += plain
        value = self._form.number(point)
        if value is None:
            return
        if metric.WhichOneof("data") == "sum" and grows(metric.sum):
            found = since(Counts((value,)), metric.sum, point, series, self._streams)
            if found is None:
                return
            value, moment.seconds = found[0][0], max(found[1], moment.seconds)
        labels = tuple(sorted((LABELS.get(name, name), said) for name, said in series.labels))
        moment.samples.append(Sample(metric.name, PLAIN, 0.0, labels, value * factor(metric.unit)))

    def told(self) -> Iterator[Told]:
        """The readings: by our names, by the senders' where ours say nothing."""
        for (model, whose, name, time), moment in self._moments.items():
            scrape = Scrape(time, tuple(sorted(moment.samples)), {})
            found = list(readings_of_engine(OPENTELEMETRY, scrape, _all, _growth, moment.seconds))
            for one in found:
                digest = blake2b(whose, digest_size=12)
                digest.update(f"{one.name}\0{name}\0{time}".encode("utf-8", "replace"))
                reading = Reading(one.name, one.value, time, digest.hexdigest())
                yield Told(model, moment.plain[0].place, reading)
            if not found:
                yield from moment.plain


def _all(_said: str) -> tuple[str, ...]:
    return ("",)  # whose they are is known


def _growth(sample: Sample) -> float:
    return sample.value  # of a counter nothing else is kept
