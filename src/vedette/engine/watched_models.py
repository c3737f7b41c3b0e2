"""What there is to see of the models that a server watches.

Owns: finding it in the state as it stands, and what is made of that once.  Does not own: the state
(`engine.runner`), what comes in (`engine.service`), what a view holds (`engine.views`).
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from vedette.core.schema import Schema
from vedette.derive.checks.served import Served
from vedette.engine import fitting
from vedette.engine.gate import Gate
from vedette.engine.live import LiveSettings
from vedette.engine.metric_names import MetricNames
from vedette.engine.model import ModelState
from vedette.engine.model_settings import COUNT, ModelSettings
from vedette.engine.objective_view import ObjectiveView, objective_views
from vedette.engine.runner import Runner
from vedette.engine.scoring import Scoring, why_not
from vedette.engine.settings_view import SettingsView, settings_view
from vedette.engine.views import Count, ModelView, pulse_of, view_of
from vedette.profiles.baseline import Baseline


class WatchedModels:
    """The models of a server, to be looked at from any thread.

    `counts` and `marks` belong to the thread that steps the models: events by model, and what was
    put on the time line of each.
    """

    def __init__(
        self,
        runner: Runner,
        settings: LiveSettings,
        counts: Mapping[str, Count],
        marks: Counter[str],
    ) -> None:
        self.runner, self.settings, self.counts, self._marks = runner, settings, counts, marks
        self._schemas: dict[str, Schema] = {}
        self._checks: dict[str, Schema | None] = {}
        self._gates: dict[str, Gate | None] = {}
        self._metrics: dict[str, MetricNames] = {}
        # A state never changes, so what is to be seen of it is made once: of which state, counts
        # and problem, and the view.
        self._views: dict[str, tuple[ModelState, tuple[int, ...], str, ModelView]] = {}

    def names(self) -> Sequence[str]:
        """The name of every model."""
        return sorted(self.counts)

    def pulse(self, name: str) -> int:
        """A number that changes whenever what there is to see of a model does."""
        state = self.runner.models.get(name)
        if state is None:
            return 0
        return hash((pulse_of(state), self._marks[name], self.runner.problem(name)))

    def models(self) -> Sequence[ModelView]:
        """Every model."""
        return [view for name in sorted(self.counts) if (view := self.model(name)) is not None]

    def model(self, name: str) -> ModelView | None:
        """One model, None when no event of it came."""
        state = self.runner.models.get(name)
        if state is None:
            return None
        problem = self.runner.problem(name)
        count = self.counts.get(name, Count())
        told = msgspec.structs.astuple(count)
        kept = self._views.get(name)
        if kept is None or kept[0] is not state or kept[1:3] != (told, problem):
            kept = self._views[name] = (state, told, problem, view_of(state, count, problem))
        return kept[3]

    def settings_of(self, name: str) -> ModelSettings:
        """The settings that a model is watched under: the file's, with what people saved."""
        state = self.runner.models.get(name)
        return self.settings.of(name) if state is None else state.settings

    def schema_of(self, name: str) -> Schema | None:
        """The schema of a model, declared or learnt; None as long as there is none."""
        state = self.runner.models.get(name)
        if state is not None and state.baseline is not None:
            return state.baseline.schema
        if name not in self._schemas:
            declared = self.settings.of(name).schema
            if declared is None:
                return None
            schema = fitting.declared_schema(self.settings.of(name))
            assert schema is not None
            self._schemas[name] = schema
        return self._schemas[name]

    def checks_of(self, name: str) -> Schema | None:
        """What is declared of served rows; None where the settings name no schema."""
        if name not in self._checks:
            self._checks[name] = fitting.declared_schema(self.settings.of(name))
        return self._checks[name]

    def metric_names(self, name: str) -> MetricNames:
        """The names of the metrics of a model, and how many more it may have."""
        if name not in self._metrics:
            state = self.runner.models.get(name)
            made = MetricNames(() if state is None else state.metered.names)
            self._metrics.setdefault(name, made)  # another thread may have made it meanwhile
        return self._metrics[name]

    def gate_of(self, name: str) -> Gate | None:
        """What events must pass to come in; None where they are only counted."""
        if name not in self._gates:
            schema, enforce = self.checks_of(name), self.settings.of(name).enforce
            asked = schema is not None and enforce != COUNT
            self._gates[name] = Gate(Served.of(schema), enforce) if asked and schema else None
        return self._gates[name]

    def baseline_of(self, name: str) -> Baseline | None:
        """The baseline in force."""
        state = self.runner.models.get(name)
        return None if state is None else state.baseline

    def scoring_of(self, name: str) -> Scoring | None:
        """What tells how unlike the reference single rows are; None where nothing does."""
        state = self.runner.models.get(name)
        return None if state is None else Scoring.of(state.plan)

    def why_not_scored(self, name: str) -> str:
        """Why nothing does, in a sentence."""
        state = self.runner.models.get(name)
        return why_not(None if state is None else state.plan)

    def objectives_of(self, name: str) -> Sequence[ObjectiveView]:
        """The objectives of a model as they stand; none where none are watched."""
        state = self.runner.models.get(name)
        return [] if state is None else objective_views(state)

    def settings_view(self, name: str) -> SettingsView | None:
        """The settings of a model in force; None when no event of it came."""
        state = self.runner.models.get(name)
        return None if state is None else settings_view(state)
