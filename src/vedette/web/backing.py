"""What the web needs of the server behind it.

Owns: the protocol of the service.  Does not own: the service (`engine.service`), what it shows of a
model (`engine.views`), stores.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from vedette.core.schema import Schema
from vedette.engine.gate import Gate
from vedette.engine.metric_names import MetricNames
from vedette.engine.model_settings import ModelSettings
from vedette.engine.objective_view import ObjectiveView
from vedette.engine.scoring import Scoring
from vedette.engine.settings_view import SettingsView
from vedette.engine.views import ModelView
from vedette.export.prometheus import Gauges
from vedette.ingest.decoded import Decoded
from vedette.ingest.otlp.telemetry import Telemetry
from vedette.ingest.receipt import Receipt
from vedette.profiles.baseline import Baseline
from vedette.stores.store import EventLog, StateStore


class Service(Protocol):
    """The running server."""

    @property
    def log(self) -> EventLog:
        """The log."""
        ...

    @property
    def store(self) -> StateStore:
        """The state."""
        ...

    @property
    def telemetry(self) -> Telemetry:
        """What is remembered of telemetry whose parts come apart."""
        ...

    def admit(self) -> None:
        """Say at once when nothing can be taken in.  Errors: Busy."""
        ...

    async def submit(self, model: str, decoded: Decoded) -> Receipt:
        """Make rows durable.  Errors: Busy under pressure, StoreError when the disk is full."""
        ...

    async def act(self, model: str, act: dict[str, Any]) -> dict[str, Any]:
        """Do what a person asks.  Errors: UsageError when it cannot be done."""
        ...

    def names(self) -> Sequence[str]:
        """The name of every model."""
        ...

    def pulse(self, name: str) -> int:
        """A number that changes whenever what there is to see of a model does."""
        ...

    def models(self) -> Sequence[ModelView]:
        """Every model."""
        ...

    def model(self, name: str) -> ModelView | None:
        """One model."""
        ...

    def schema_of(self, name: str) -> Schema | None:
        """The schema of a model, declared or learnt."""
        ...

    def checks_of(self, name: str) -> Schema | None:
        """What is declared of served rows; None where the settings name no schema."""
        ...

    def gate_of(self, name: str) -> Gate | None:
        """What events must pass to come in; None where they are only counted."""
        ...

    def metric_names(self, name: str) -> MetricNames:
        """The names of the metrics of a model, and how many more it may have."""
        ...

    def baseline_of(self, name: str) -> Baseline | None:
        """The baseline in force; None as long as there is none."""
        ...

    def scoring_of(self, name: str) -> Scoring | None:
        """What tells how unlike the reference single rows are; None where nothing does."""
        ...

    def why_not_scored(self, name: str) -> str:
        """Why nothing does, in a sentence."""
        ...

    def capture_of(self, name: str) -> Mapping[str, int] | None:
        """What became of the calls whose sides came apart; None where none came."""
        ...

    def settings_of(self, name: str) -> ModelSettings:
        """The settings that a model is watched under: the file's, with what people saved."""
        ...

    def objectives_of(self, name: str) -> Sequence[ObjectiveView]:
        """The objectives of a model as they stand."""
        ...

    def settings_view(self, name: str) -> SettingsView | None:
        """The settings of a model in force."""
        ...

    def check_settings(self, model: str, changes: Mapping[str, Any]) -> None:
        """See whether settings could be changed so.  Errors: UsageError."""
        ...

    def unready(self) -> list[str]:
        """Why the server cannot serve; nothing when it can."""
        ...

    def gauges(self) -> Gauges:
        """The numbers for `/metrics`."""
        ...
