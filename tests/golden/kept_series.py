"""A state with every kind of series in it: two models over some hours, one with faults.

Owns: making entries as the engine does.  Does not own: what is asked of them.
"""

from types import SimpleNamespace

import msgspec
import numpy as np

from vedette.alerts.incident import Incident
from vedette.core.windows import Window
from vedette.engine.courses import course_bytes
from vedette.engine.looks import look_bytes
from vedette.engine.outputs import Charted, Looked
from vedette.engine.paces import pace_entry
from vedette.engine.standings import LENGTHS, Named, Standing, standing_bytes
from vedette.export.prometheus import told
from vedette.export.series.own import NAMES, STEP, Own
from vedette.monitors.monitor import Course, Stream
from vedette.monitors.series import share_key
from vedette.profiles.profile import Profile
from vedette.sketches.loglinear import LogLinear
from vedette.sketches.readings import Readings
from vedette.stores.memory import MemoryState
from vedette.stores.store import Entry

MINUTE, HOUR = 60 * 10**9, 3600 * 10**9
BEGIN = 1_793_520_000 * 10**9
WINDOWS = 240
END = BEGIN + WINDOWS * MINUTE


def kept_series() -> MemoryState:
    """The state."""
    luck = np.random.default_rng(3)
    store = MemoryState()
    for model in ("fraud", "spam"):
        store.commit([Entry("model", model, "counts", 0, b"{}")])
        store.commit(_of_model(model, luck))
    _of_server(store, luck)
    return store


def _of_server(store: MemoryState, luck: np.random.Generator) -> None:
    """The numbers of the server; it is down for a quarter of an hour, and counts anew then."""
    own, counts = Own(store), np.zeros(7)
    for at in range(BEGIN, END, STEP):
        begun = at - BEGIN
        if 2 * HOUR <= begun < 2 * HOUR + 15 * MINUTE:
            counts[:] = 0
            continue
        counts += luck.poisson([90, 4, 2, 0.1, 1, 0.02, 0.01])
        models = [
            SimpleNamespace(
                name=name, state="watching" if begun > HOUR else "warming up",
                rows=int(counts[0]), labels=int(counts[1]), late_rows=0, duplicates=int(counts[2]),
                rejected=int(counts[3]), dropped_by_clients=int(counts[4]),
                windows={"fast": begun // MINUTE, "drift": begun // HOUR}, evidence={},
                open_incidents={}, last_time_s=at / 1e9 - float(luck.random()),
            )
            for name in ("fraud", "spam")
        ]  # fmt: skip
        gauges = SimpleNamespace(
            models=models, version="1", uptime_s=float(begun // 10**9),
            queue_length=int(luck.poisson(3)), queue_bytes=int(luck.poisson(9_000)),
            log_bytes=begun // 10**6, log_position=int(counts[0]),
            state_position=int(counts[0]) - int(luck.poisson(2)),
            messages={"sent": int(counts[5]), "dead": int(counts[6])},
            errors={"step": int(counts[6])} if counts[6] else {},
        )  # fmt: skip
        samples = [one for _, some in told(gauges) for one in some]
        own.add(at, [one for one in samples if one[0] in NAMES])
    own.save()


def _of_model(model: str, luck: np.random.Generator) -> list[Entry]:
    found = []
    for k in range(WINDOWS):
        at = BEGIN + k * MINUTE
        window = Window(at, at + MINUTE)
        if not (model == "spam" and 90 <= k < 110):  # silence
            found.append(pace_entry(model, "base", window, _profile(model, k, luck)))
        found.append(Entry("series", model, f"fast/{at}", at, _course(window, k, luck)))
        found.append(Entry("objective", model, f"fast/{at}", at, _standing(window, k, luck)))
        if k % 60 == 59:
            start = at + MINUTE - HOUR
            looked = _look("drift", Window(start, start + HOUR), luck)
            found.append(Entry("look", model, f"drift/{start}", start, look_bytes(looked)))
        if k > 180 and model == "fraud":
            looked = _look("fast", window, luck)
            found.append(Entry("look", model, f"fast/{at}", at, look_bytes(looked)))
    for name, opened, closed, severity in (
        ("a", 60, 130, "warning"), ("b", 100, None, "critical")
    ):  # fmt: skip
        one = Incident(
            id=f"{model}-{name}", model=model, state="resolved" if closed else "open",
            severity=severity, axis="drift", title="", onset=BEGIN, opened=BEGIN + opened * MINUTE,
            closed=BEGIN + closed * MINUTE if closed else None, streams=(("shift", "amount", ""),),
        )  # fmt: skip
        found.append(Entry("incident", model, one.id, one.opened, msgspec.json.encode(one)))
    return found


def _profile(model: str, k: int, luck: np.random.Generator) -> Profile:
    rows = int(luck.integers(20, 60))
    values = luck.lognormal(-2 + (0.3 if k > 120 else 0), 0.8, rows)
    tails = {("latency_s", ""): LogLinear.of(values)}
    if model == "fraud":
        tails["latency_s", "country=DE"] = LogLinear.of(values[: rows // 2])
        tails["latency_s", "country=FR"] = LogLinear.of(values[rows // 2 :])
        tails["latency_s", "_version=1"] = LogLinear.of(values[::2])
        tails["latency_s", "endpoint=/predict"] = LogLinear.of(values[1::2])
    failed = int(luck.integers(0, 3))
    metrics = {share_key("error_type", "Timeout"): Readings(rows, float(failed), 0.0, 1.0)}
    return Profile("f", "b", rows, tails=tails, metrics=metrics, late_rows=int(k % 7 == 0))


def _course(window: Window, k: int, luck: np.random.Generator) -> bytes:
    names = ("prediction=yes", "queue{pool=a}", "queue{pool=b}", "resource.cpu.utilization",
             "process.memory.bytes", "queue.waiting{engine=vllm}", "scrape_up")  # fmt: skip
    expected = np.array([0.2, 30.0, 40.0, 0.4, 2.0**30, 3.0, 1.0])
    value, n = expected * luck.lognormal(0, 0.3, len(names)), len(names)
    value[2] = np.nan if k % 5 == 0 else value[2]
    known = np.array([1, 1, int(k > 60), *[1] * (n - 3)], np.int8)
    course = Course(
        names, names, value, expected, expected * 0.6, expected * 1.5, luck.random(n), known
    )
    return course_bytes(Charted("fast", window, course))


def _standing(window: Window, k: int, luck: np.random.Generator) -> bytes:
    """Two objectives: nothing is known of the second one for an hour, and it is a new one then."""
    named = (Named("availability", "error_type"), Named("fast", "latency_s"))
    named = named[: 1 + (k >= 60)]
    n = len(named)
    burn = luck.lognormal(0, 1.5, (n, len(LENGTHS)))
    limit = np.tile([14.4, 6.0, 1.0], (n, 1))
    limit[:, 2] = np.nan if k < 30 else limit[:, 2]  # the shorter window has not passed
    target = np.array([0.999, 0.95])[:n]
    return standing_bytes(window, Standing(named, target, luck.normal(0.5, 0.4, n), burn, limit))


def _look(clock: str, window: Window, luck: np.random.Generator) -> Looked:
    streams = tuple(
        Stream(monitor, column, segment)
        for monitor, column, segment in (
            ("shift", "amount", ""), ("shift", "amount", "country=DE"), ("shift", "age", ""),
            ("rates", "amount", ""),
        )
    )  # fmt: skip
    n = len(streams)
    effect = luck.normal(0, 0.2, n)
    effect[-1] = np.nan
    return Looked(
        clock, window, streams, np.full(n, 1 / n), luck.lognormal(0, 2, n), effect,
        float(luck.lognormal(0, 2)), 3_000.0, 60,
    )  # fmt: skip
