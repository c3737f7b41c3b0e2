"""Which of the five axes a stream speaks for.

Owns: the axis of every monitor, which metrics are about the service.  Does not own: the axes
(`alerts.incident`), how they stand (`engine.axes`).

Most monitors are about one axis.  A metric is an anomaly of what the model says, unless it is about
how the service runs: what took time or money, errors, tokens, resources, queues.
"""

import re
from collections.abc import Sequence
from fnmatch import translate
from typing import NamedTuple, Self

from vedette.core.rows import ERROR_TYPE, INPUT_TOKENS, OUTPUT_TOKENS, SPENT
from vedette.core.schema import Schema
from vedette.monitors.metrics import MONITOR as METRICS
from vedette.profiles.bounds import Bound, bound_of

FAIRNESS, INFRASTRUCTURE, ANOMALIES = "fairness and security", "infrastructure", "anomalies"
AXIS = {  # of a monitor
    "shift": "drift", "rates": "skew", "volume": INFRASTRUCTURE, "concept": "drift",
    "estimate": "drift", "parity": FAIRNESS, "odds": FAIRNESS, "twins": "skew",
    "skew": "skew", "schema": "skew", "outliers": ANOMALIES, METRICS: ANOMALIES,
    "dependence": "drift", "tail": INFRASTRUCTURE, "objectives": INFRASTRUCTURE,
    "saturation": INFRASTRUCTURE, "blindness": INFRASTRUCTURE,
}  # fmt: skip
OF_ROLES = ("latency", "cost")  # of columns
STAGES = ("prefill_s", "decode_s", "compute_s", "preprocess_s", "postprocess_s", "explain_s")
# Columns and readings, as the SDK, scraped servers and OpenTelemetry name them.
OF_SERVICE = (
    ERROR_TYPE, INPUT_TOKENS, OUTPUT_TOKENS, f"{INPUT_TOKENS}.*", f"{OUTPUT_TOKENS}.*",
    *SPENT, *(f"{name}.*" for name in SPENT), *STAGES, *(f"{name}.*" for name in STAGES),
    "resource.*", "process.*", "gpu.*", "queue.*", "kv_cache.*", "cache.*", "prefix_cache.*",
    "batch.*", "requests.*", "errors.*", "replicas.*", "preemptions.*", "rejections.*",
    "logger.*", "scrape_up", "otelcol_*", "http.server.*", "http.client.*", "rpc.server.*",
    "rpc.client.*", "gen_ai.server.*", "gen_ai.client.*", "system.*", "container.*", "k8s.*",
)  # fmt: skip
_NAMED = re.compile("|".join(translate(pattern) for pattern in OF_SERVICE))


class Served(NamedTuple):
    """What is known of a model's metrics that are about its service: columns by their role, and
    bounds of resources."""

    spent: tuple[str, ...] = ()
    bounds: tuple[Bound, ...] = ()

    @classmethod
    def of(cls, schema: Schema | None, bounds: Sequence[Bound]) -> Self:
        """By the roles of a schema, and the bounds in force."""
        fields = () if schema is None else schema.fields
        return cls(tuple(one.name for one in fields if one.role in OF_ROLES), tuple(bounds))

    def axis_of(self, monitor: str, column: str) -> str:
        """The axis of a stream; "" of no monitor.

        Example:
            >>> served = Served(("price_per_call",))
            >>> served.axis_of("metrics", "price_per_call"), served.axis_of("metrics", "score")
            ('infrastructure', 'anomalies')
            >>> served.axis_of("metrics", "latency_s"), served.axis_of("shift", "latency_s")
            ('infrastructure', 'drift')
        """
        if monitor == METRICS and self._is_service(column):
            return INFRASTRUCTURE
        return AXIS.get(monitor, "")

    def _is_service(self, column: str) -> bool:
        known = column in self.spent or _NAMED.fullmatch(column.partition("{")[0]) is not None
        return known or bound_of(self.bounds, column) is not None
