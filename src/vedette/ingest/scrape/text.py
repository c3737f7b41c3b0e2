"""The text that a server shows for Prometheus.

Owns: from bytes to samples, within limits.  Does not own: fetching (`engine.scraper`), what they
mean (`engines`, `readings`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import NamedTuple

from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as read_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families as read_text

from vedette.core.errors import SchemaError

ACCEPT = "text/plain;version=0.0.4"  # what every server can write
MOST_BYTES = 8 << 20
MOST_SAMPLES = 100_000
HUGE = 1e18  # from here on a number is a sign: DCGM writes nearly 2^63 where it knows none
BUCKET, TOTAL, COUNT, QUANTILE, PLAIN = "bucket", "sum", "count", "quantile", ""
PARTS = (BUCKET, TOTAL, COUNT)  # that are said in a name
_DISTRIBUTION = ("histogram", "summary", "gaugehistogram")

Labels = tuple[tuple[str, str], ...]


class Sample(NamedTuple):
    """One number.

    Shapes: `name` without `_total` and, of a histogram or summary, without what says its `part`;
    `at` the bound of a bucket or the quantile, 0 of all others; `labels` in the order of their
    names, without these.
    """

    name: str
    part: str
    at: float
    labels: Labels
    value: float

    @property
    def whole(self) -> str:
        """Its name with what says its part."""
        return f"{self.name}_{self.part}" if self.part in PARTS else self.name

    @property
    def series(self) -> tuple[str, Labels]:
        """What it belongs to: all parts of one histogram are one series."""
        return self.name, self.labels

    def label(self, names: Iterable[str]) -> str:
        """The value of the first of these labels that has one; ""."""
        found = dict(self.labels)
        return next((found[name] for name in names if found.get(name)), "")


@dataclass(frozen=True)
class Scrape:
    """What a server showed at one moment.

    Shapes: `kinds` by name of a sample: counter, gauge, histogram, summary, unknown.
    Units: `time` in UTC nanoseconds.
    """

    time: int
    samples: tuple[Sample, ...]
    kinds: Mapping[str, str]

    @cached_property
    def by_name(self) -> dict[str, list[Sample]]:
        """Samples by their whole name, in the order of the text."""
        found: dict[str, list[Sample]] = {}
        for sample in self.samples:
            found.setdefault(sample.whole, []).append(sample)
        return found

    @cached_property
    def values(self) -> dict[tuple[str, str, float, Labels], float]:
        """The value of every sample by all that names it."""
        return {sample[:4]: sample.value for sample in self.samples}


def read_exposition(body: bytes, content_type: str, time: int) -> Scrape:
    """Read what a server shows.

    Shapes: Prometheus' text of version 0.0.4, or OpenMetrics if the content type says so.  Numbers
    that are not finite, and histograms in native form, are left out.
    Bounds: MOST_BYTES and MOST_SAMPLES.
    Errors: SchemaError for anything else.
    Example:
        >>> found = read_exposition(b'# TYPE a counter\\na_total{b="1"} 2\\n', "text/plain", 0)
        >>> found.samples[0].name, found.samples[0].labels, found.samples[0].value
        ('a', (('b', '1'),), 2.0)
    """
    if len(body) > MOST_BYTES:
        raise SchemaError("metrics", "are too long", got=len(body), want=f"{MOST_BYTES} bytes")
    read = read_openmetrics if "openmetrics" in content_type else read_text
    samples: list[Sample] = []
    kinds: dict[str, str] = {}
    try:
        for family in read(body.decode("utf-8")):
            for one in family.samples:
                kind = _kind(family.type, one.name)
                sample = _sample(kind, one)
                if sample is not None:
                    samples.append(sample)
                    kinds[sample.name] = kind
            if len(samples) > MOST_SAMPLES:
                raise SchemaError("metrics", "are too many", want=f"{MOST_SAMPLES} samples")
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise SchemaError("metrics", "cannot be read", got=str(error)[:200]) from None
    if not samples:
        raise SchemaError("metrics", "hold no number", got=f"{len(body)} bytes",
                          want="the text format of Prometheus")  # fmt: skip
    return Scrape(time, tuple(samples), kinds)


def _kind(said: str, name: str) -> str:
    """The kind of a metric; one that says nothing of it but ends like a counter is one."""
    return "counter" if said == "unknown" and name.endswith("_total") else said


def _sample(kind: str, one: object) -> Sample | None:
    name, labels, value = one.name, dict(one.labels), float(one.value or 0.0)  # type: ignore[attr-defined]
    if not isfinite(value) or abs(value) >= HUGE or name.endswith(("_created", "_gsum", "_gcount")):
        return None
    part, at = PLAIN, 0.0
    if kind in _DISTRIBUTION:
        for ending in PARTS:
            if name.endswith(f"_{ending}"):
                name, part = name.removesuffix(f"_{ending}"), ending
                break
        if part == BUCKET:
            at = float(labels.pop("le"))
        elif part == PLAIN and "quantile" in labels:
            part, at = QUANTILE, float(labels.pop("quantile"))
    elif kind == "counter":
        name = name.removesuffix("_total")
    return Sample(name, part, at, tuple(sorted(labels.items())), value)
