"""How access logs write a line: one row for each program and form.

Owns: the table.  Does not own: reading lines (`access_log`).
"""

import re
from typing import NamedTuple

SECONDS, MILLI, NANO = 1.0, 1e-3, 1e-9


class Form(NamedTuple):
    """One form of a line.

    Shapes: `sign` is a key that only this form has; the others name what the line tells, a dot
    stands between keys of nested objects, the first that is there counts; `unit` is that of
    `latency`, in seconds.
    """

    name: str
    sign: str
    time: tuple[str, ...]
    status: str
    latency: str
    unit: float
    method: str
    path: str
    request_id: str = ""
    trace: str = ""


# What programs call things where whoever set them up did not choose otherwise; of nginx, which has
# no JSON of its own, the names of its variables.
FORMS = (
    Form("traefik", "DownstreamStatus", ("StartUTC", "time"), "DownstreamStatus", "Duration", NANO,
         "RequestMethod", "RequestPath", trace="TraceId"),
    Form("envoy", "response_code", ("start_time",), "response_code", "duration", MILLI,
         "method", "path", "request_id", "trace_id"),
    Form("caddy", "request.method", ("ts",), "status", "duration", SECONDS,
         "request.method", "request.uri", "uuid"),
    Form("nginx", "status", ("msec", "time_iso8601", "time_local", "time", "timestamp",
         "@timestamp"), "status", "request_time", SECONDS, "request_method", "request_uri",
         "request_id", "trace_id"),
)  # fmt: skip
# Other names of what nginx's variables tell, which people give them.
OTHERS = {
    "request_method": ("method",), "request_uri": ("uri", "path", "url"),
    "request_time": ("upstream_response_time", "response_time", "duration_s"),
}  # fmt: skip

_QUOTED = r'"((?:[^"\\]|\\.)*)"'
# The common and combined formats of nginx and Apache, and the seconds that people add behind.
COMBINED = re.compile(
    rf"\S+ \S+ \S+ \[(?P<time>[^\]]+)\] {_QUOTED} (?P<status>[0-9]{{3}}) \S+"
    rf"(?: {_QUOTED} {_QUOTED})?(?P<more>.*)"
)
TOOK = re.compile(r"(?:^|[ =\"])([0-9]+\.[0-9]{3,})(?=[\" ,]|$)")
# Envoy's default format.
ENVOY = re.compile(
    rf"\[(?P<time>[^\]]+)\] {_QUOTED} (?P<status>[0-9]{{3}}|0) \S+(?: .*?)? "
    rf"(?P<received>[0-9]+) (?P<sent>[0-9]+) (?P<took>[0-9]+) \S+ {_QUOTED} {_QUOTED} {_QUOTED}.*"
)
