"""Series as OpenMetrics text: what Prometheus reads, now or with the times of the past.

Owns: the two text formats of metrics, escaping, the order of lines.  Does not own: which series
there are (`export.series`, `export.prometheus`).
"""

from collections.abc import Iterable, Iterator, Sequence
from math import isinf, isnan

from vedette.export.series.families import FAMILY_OF, INFO, SUFFIXES, Family
from vedette.export.series.series import Labels, Series

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
EOF = "# EOF"


def wants_openmetrics(accept: str) -> bool:
    """Whether an Accept header asks for OpenMetrics, as Prometheus does.

    Example:
        >>> wants_openmetrics("application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
        True
        >>> wants_openmetrics("text/html,*/*;q=0.8")
        False
    """
    return "application/openmetrics-text" in accept


def history(found: Iterable[Series]) -> Iterator[str]:
    """Lines of OpenMetrics with the time of every sample: what `promtool tsdb
    create-blocks-from openmetrics` takes."""
    gathered: dict[str, list[Series]] = {}
    for one in found:
        gathered.setdefault(FAMILY_OF[one.name].name, []).append(one)
    for own in gathered.values():
        yield from head(FAMILY_OF[own[0].name], openmetrics=True)
        # The buckets of one histogram stand together, its count and sum behind them.
        for one in sorted(
            own, key=lambda one: (beside_le(one.labels), one.name, le_of(one.labels))
        ):
            for at, value in zip(one.times.tolist(), one.values.tolist(), strict=True):
                yield line(one.name, one.labels, value) + f" {at // 10**9}.{at % 10**9 // 10**6:03}"
    yield EOF


def head(family: Family, *, openmetrics: bool) -> Iterator[str]:
    """The lines before the samples of a family."""
    suffix = SUFFIXES[family.kind][0] if family.kind != "histogram" else ""
    name = family.name if openmetrics else family.name + suffix
    kind = family.kind if openmetrics or family.kind != INFO else "gauge"
    yield f"# HELP {name} {family.help}"
    yield f"# TYPE {name} {kind}"


def line(name: str, labels: Sequence[tuple[str, str]], value: float) -> str:
    """One sample, without its time.

    Example:
        >>> line("up", [("job", 'a"b')], 1.0)
        'up{job="a\\\\"b"} 1'
    """
    text = ",".join(f'{key}="{_escaped(label)}"' for key, label in labels)
    return f"{name}{{{text}}} {number(value)}" if text else f"{name} {number(value)}"


def number(value: float) -> str:
    """A value as both formats spell it.

    Example:
        >>> number(2.0), number(0.5), number(float("-inf"))
        ('2', '0.5', '-Inf')
    """
    if isnan(value):
        return "NaN"
    if isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    whole = float(value).is_integer() and abs(value) < 1e15
    return str(int(value)) if whole else repr(float(value))


def beside_le(labels: Labels) -> Labels:
    """The labels of a histogram, of one of its buckets."""
    return tuple(pair for pair in labels if pair[0] != "le")


def le_of(labels: Labels) -> float:
    """The bound of a bucket."""
    return float(dict(labels).get("le", "inf"))


def _escaped(label: str) -> str:
    label = label.encode("utf-8", "replace").decode("utf-8")
    return label.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
