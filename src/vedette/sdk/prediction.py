"""One prediction around a block of code.

Owns: what the block says of it, and its time.  Does not own: logging.
"""

from collections.abc import Callable, Mapping
from time import perf_counter, time_ns
from types import TracebackType
from typing import Any, Self

Log = Callable[..., str]


class Prediction:
    """One prediction under way.  Set `prediction`, `score`, `attributes`, `text` or `usage`."""

    def __init__(self, log: Log, features: Any, known: Mapping[str, Any]) -> None:
        self.features = features
        self.prediction: Any = None
        self.score: Any = None
        self.attributes: Any = None
        self.text: Any = None
        self.usage: Any = None
        self.id = ""  # once it is logged
        self._log, self._known = log, dict(known)

    def __enter__(self) -> Self:
        self._time, self._start = time_ns(), perf_counter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        said = {
            name: value
            for name in ("prediction", "score", "attributes", "text", "usage")
            if (value := getattr(self, name)) is not None
        }
        if kind is not None:
            said["attributes"] = failed(said.get("attributes"), kind)
        event = {
            "time": self._time,
            "latency_s": perf_counter() - self._start,
            **self._known,
            **said,
        }
        self.id = self._log(self.features, **event)


def failed(attributes: Any, kind: type[BaseException]) -> dict[str, Any]:
    """Attributes that say which error a prediction ended in."""
    return {**(attributes if isinstance(attributes, Mapping) else {}), "error": kind.__name__}
