"""Where the series of models are pushed to, with defaults.

Owns: the settings under `push`.  Does not own: pushing (`export.push`), messages about incidents
(`alerts.routes`).
"""

from collections.abc import Mapping

import msgspec

from vedette.alerts.routes import Secret
from vedette.core.durations import SECOND, nanoseconds
from vedette.core.errors import SettingsError

KINDS = ("otlp", "remote_write", "datadog", "dogstatsd")


class PushSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One receiver of series: exactly one of the kinds, with its address.

    `otlp` is the URL of a collector (`/v1/metrics` is added where it has no path), `remote_write`
    one that takes Prometheus' remote write, `datadog` that of a Datadog API
    (`https://api.datadoghq.com`), `dogstatsd` `HOST:PORT` or `unix:///PATH` of an agent.  `headers`
    are sent along, each as text or the place of a secret; `tags` are added to every series.  Of
    series, `only` those whose names match one of these patterns are pushed (all, where there is
    none), and of what monitors say of single columns at most `streams` of a clock and model.
    Errors: SettingsError for none or two kinds, or an address that is none.
    """

    otlp: str | None = None
    remote_write: str | None = None
    datadog: str | None = None
    dogstatsd: str | None = None
    every: str = "15s"
    headers: Mapping[str, str | Secret] = msgspec.field(default_factory=dict)
    tags: Mapping[str, str] = msgspec.field(default_factory=dict)
    only: tuple[str, ...] = ()
    streams: int = 20

    def __post_init__(self) -> None:
        given = [name for name in KINDS if getattr(self, name) is not None]
        if len(given) != 1:
            raise SettingsError(
                "push", "must have exactly one kind", got=" and ".join(given) or "none",
                want=f"one of {', '.join(KINDS)}",
            )  # fmt: skip
        begins = ("unix:///",) if self.kind == "dogstatsd" else ("http://", "https://")
        port = self.address.rpartition(":")[2]
        is_udp = self.kind == "dogstatsd" and port.isdigit() and 0 < int(port) < 65536
        if not (self.address.startswith(begins) or is_udp):
            want = "HOST:PORT or unix:///PATH" if self.kind == "dogstatsd" else "http://…"
            raise SettingsError("push", f"{self.kind} has no address", got=self.address, want=want)
        if self.every_ns < SECOND:
            raise SettingsError("push", "every is below a second", got=repr(self.every))
        if self.streams < 0:
            raise SettingsError("push", "streams is no number of series", got=self.streams)

    @property
    def kind(self) -> str:
        """Which of the kinds it is."""
        return next(name for name in KINDS if getattr(self, name) is not None)

    @property
    def address(self) -> str:
        """Where it goes to."""
        found: str = getattr(self, self.kind)
        return found

    @property
    def place(self) -> str:
        """The same without what may be secret of it: the host and port of a URL."""
        if self.kind == "dogstatsd":
            return self.address
        return self.address.partition("://")[2].partition("/")[0].rpartition("@")[2]

    @property
    def every_ns(self) -> int:
        """The time between two pushes.  Units: nanoseconds."""
        return nanoseconds(self.every, "push, every")
