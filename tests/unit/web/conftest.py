"""A small server behind the routes, with stores in memory, and clients to ask it.

The stand-in has no engine: what it shows is written into its state by the tests.
"""

from types import SimpleNamespace

import httpx
import msgspec
import pytest

from vedette.alerts.incident import AXES, Cause, Incident, Move
from vedette.alerts.lifecycle import move
from vedette.core.errors import StoreError, UsageError
from vedette.core.schema import Field, Schema
from vedette.core.windows import Window
from vedette.engine.axes import AxisView
from vedette.engine.live import make_live
from vedette.engine.metric_names import MetricNames
from vedette.engine.model import begin
from vedette.engine.model_settings import ModelSettings
from vedette.engine.saved import Signed
from vedette.engine.scoring import why_not
from vedette.engine.settings_view import settings_view
from vedette.engine.terms import proposed
from vedette.engine.views import ModelView
from vedette.ingest.otlp.telemetry import Telemetry
from vedette.ingest.receipt import Busy, Receipt
from vedette.monitors.finding import Finding
from vedette.stores.memory import MemoryLog, MemoryState
from vedette.stores.store import Entry, Record
from vedette.web.app import make_app

NOW = 1_793_527_200 * 10**9  # 2026-11-01T10:00:00Z
HOUR = 3600 * 10**9
HOSTILE = "<script>alert(1)</script>\"'\u202e\x00 @here"


class Stand:
    """What `engine.service` promises, in its plainest form."""

    def __init__(self):
        self.log, self.store = MemoryLog(), MemoryState()
        self.views, self.reasons, self.acts, self.refuse = {}, [], [], None
        self.decoded = []
        self.captured, self.objectives = {}, {}
        self.baselines, self.schemas, self.checks, self.gates = {}, {}, {}, {}
        self.scorings, self.metrics, self.telemetry = {}, {}, Telemetry()

    def admit(self):
        pass

    async def submit(self, model, decoded):
        if self.refuse is not None:
            raise self.refuse
        self.decoded.append(decoded)
        records = [
            Record(kind, model, NOW, rows) for kind, rows in decoded.kinds if rows is not None
        ]
        appended = self.log.append(records)
        rows = sum(record.rows.num_rows for _, record in appended.records)
        if records:  # what is refused makes no model
            self.views.setdefault(model, make_view(model)).rows += rows
        return Receipt(rows, appended.duplicates.get(model, 0), len(decoded.rejected))

    async def act(self, model, act):
        self.acts.append((model, act))
        if "incident" not in act:
            return {}
        entry = self.store.get("incident", model, act["incident"])
        found = msgspec.json.decode(entry.body, type=Incident)
        moved = move(
            found, act["act"], at=NOW, by=act["by"], note=act["note"], until=act.get("until")
        )
        self.store.commit([entry._replace(body=msgspec.json.encode(moved))])
        return {"incident": msgspec.to_builtins(moved)}

    def names(self):
        return sorted(self.views)

    def pulse(self, name):
        return len(self.acts)

    def models(self):
        return list(self.views.values())

    def model(self, name):
        return self.views.get(name)

    def settings_of(self, name):
        return make_live({}).of(name)

    def schema_of(self, name):
        if name in self.schemas:
            return self.schemas[name]
        return Schema((Field("amount", "numeric"),)) if name in self.views else None

    def checks_of(self, name):
        return self.checks.get(name)

    def gate_of(self, name):
        return self.gates.get(name)

    def metric_names(self, name):
        return self.metrics.setdefault(name, MetricNames(most=3))

    def capture_of(self, name):
        return self.captured.get(name)

    def baseline_of(self, name):
        return self.baselines.get(name)

    def scoring_of(self, name):
        return self.scorings.get(name)

    def why_not_scored(self, name):
        return why_not(None)

    def objectives_of(self, name):
        return self.objectives.get(name, [])

    def settings_view(self, name):
        return settings_view(begin(name, ModelSettings(), {})) if name in self.views else None

    def check_settings(self, model, changes):
        proposed(begin(model, ModelSettings(), {}), changes, Signed())

    def unready(self):
        return self.reasons

    def gauges(self):
        return SimpleNamespace(
            models=[gauges_of(view) for view in self.views.values()],
            version="0",
            uptime_s=90.0,
            queue_length=0,
            queue_bytes=0,
            log_bytes=1024,
            log_position=self.log.position,
            state_position=0,
            messages={"dead": 1},
            errors={},
        )


def make_view(name, **given):
    plain = {
        "state": "watching",
        "first_time": NOW - HOUR,
        "last_time": NOW,
        "seen_until": NOW,
        "version": "7",
        "evidence": {"drift": {"value": 1.0, "threshold": 2.9, "share": 0.34}},
        "axes": {axis: AxisView("unknown", HOSTILE) for axis in AXES},
        "traffic": [3, 0, 5],
        "traffic_start": NOW - 3 * HOUR,
        "window_s": 3600.0,
        "budget": 1.0,
        "period": "30d",
    }
    view = ModelView(name=name, **(plain | given))
    return SimpleNamespace(**msgspec.structs.asdict(view))  # tests move it on


def gauges_of(view):
    return SimpleNamespace(
        name=view.name,
        state=view.state,
        rows=view.rows,
        labels=0,
        late_rows=0,
        duplicates=0,
        rejected=0,
        dropped_by_clients=0,
        windows={"drift": 3},
        evidence=view.evidence,
        open_incidents={"warning": view.open_incidents},
        last_time_s=NOW / 1e9,
    )


def make_finding(model, at, column="amount", **given):
    plain = {
        "monitor": "shift",
        "component": "level",
        "column": column,
        "observed": 2.0,
        "expected": 1.0,
        "effect": 0.4,
        "unit": "sd",
        "low": 0.3,
        "high": 0.5,
        "magnitude": 0.4,
        "evidence": 4.0,
        "detectable": 0.06,
        "n_baseline": 1000,
        "n_window": 500,
        "verdict": "alarming",
        "model": model,
        "reason": f"`{column}` rose by 0.4 sd",
        "window": Window(at, at + HOUR),
    }
    return Finding(**(plain | given))


def make_incident(model, identity, at=NOW - 2 * HOUR, column="amount", **given):
    plain = {
        "id": identity,
        "model": model,
        "state": "open",
        "severity": "warning",
        "axis": "drift",
        "title": f"`{column}` rose by 0.4 sd",
        "onset": at - HOUR,
        "opened": at,
        "streams": (("shift", column, ""),),
        "findings": (make_finding(model, at, column),),
        "causes": (Cause(column=column, share=1.0, statement=f"`{column}` rose by 0.4 sd"),),
        "history": (Move(at=at, action="opened", state="open"),),
        "evidence": 3.1,
        "threshold": 2.9,
    }
    return Incident(**(plain | given))


def put_incident(stand, incident):
    body = msgspec.json.encode(incident)
    stand.store.commit([Entry("incident", incident.model, incident.id, incident.opened, body)])


@pytest.fixture
def stand():
    return Stand()


@pytest.fixture
def ask(stand):
    """Make a client of an app: `ask(settings...)`; the clients are closed in the end."""

    def ask(server=None, **more):
        settings = make_live({"server": server or {}})
        app = make_app(stand, settings, wall=lambda: NOW, **more)
        app.state.pulse.end()  # streams end at once: a client in memory reads to the end
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8642")

    return ask


@pytest.fixture
def kit():
    """The makers, for tests that fill the state."""
    return SimpleNamespace(
        NOW=NOW,
        HOUR=HOUR,
        HOSTILE=HOSTILE,
        make_view=make_view,
        make_finding=make_finding,
        make_incident=make_incident,
        put_incident=put_incident,
        Entry=Entry,
        Busy=Busy,
        StoreError=StoreError,
        Cause=Cause,
        UsageError=UsageError,
    )
