"""Answers to what a step asks for.

Owns: baselines fitted or found again, what labels say of a reference, the events of labels, causes
of incidents.  Does not own: when something is asked (`engine.learning`, `engine.labelling`,
`engine.causes`), going on with an answer (`engine.step`), fitting (`engine.fitting`,
`engine.appraise`).
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial

import msgspec
import pyarrow as pa

from vedette.alerts.incident import Incident
from vedette.core.errors import UsageError, VedetteError
from vedette.core.windows import Window
from vedette.engine import fitting, strips
from vedette.engine.appraise import appraised, labelled_table
from vedette.engine.beside import BESIDE
from vedette.engine.causes import Explained, Guessed, Separated
from vedette.engine.explaining import explain_incident
from vedette.engine.group_fit import judged
from vedette.engine.guard import Guard
from vedette.engine.joiner import Joiner
from vedette.engine.keeper import Keeper
from vedette.engine.learning import REFITS, Fitted
from vedette.engine.model import COLLECTING, ModelState
from vedette.engine.outputs import (
    APPRAISAL,
    CAUSES,
    GUESS,
    JOIN,
    METERING,
    PAIR,
    SEPARATION,
    Wanted,
)
from vedette.engine.pairer import Pairer
from vedette.engine.plan import DRIFT
from vedette.engine.step import Answer
from vedette.engine.twin_causes import guesses
from vedette.profiles.baseline import Baseline
from vedette.profiles.profile import Profile
from vedette.stores.columns import between
from vedette.stores.store import EVENTS, METRICS, EventLog

LEARNT = "learnt"  # "clock" of the windows that natural variation was learnt from
EVER = 2**63 - 1
LOG = logging.getLogger("vedette")


class Answers:
    """Answers from one log and what is kept of its models.

    Shapes: `first` the position before a model's first record, by its name, which whoever steps the
    models fills; `problems` why a model has no baseline; `beside_problems`, by the model's name and
    what it is, why the training sample or the schema is not held beside one.
    """

    def __init__(
        self, log: EventLog, keeper: Keeper, guard: Guard, first: Mapping[str, int]
    ) -> None:
        self.log, self.keeper, self.guard = log, keeper, guard
        self.problems: dict[str, str] = {}
        self.beside_problems: dict[tuple[str, str], str] = {}
        self.joiner, self.pairer = Joiner(log), Pairer(log)
        self._first = first

    def to(self, state: ModelState, wanted: Wanted, position: int, now: int) -> Answer | None:
        """Answer a question of the step; None when it cannot be.

        What labels say is beside the watch: where that fails in a way that nobody foresaw, the
        watch goes on without it.
        """
        work: Callable[[], Answer | None]
        if wanted.what == JOIN:
            first = self._first.get(state.name, 0)
            work = partial(self.joiner.join, state, first, position)
        elif wanted.what == PAIR:
            first = self._first.get(state.name, 0)
            work = partial(self.pairer.pair, state, first, position)
        elif wanted.what == CAUSES:
            work = partial(self._explain, state, wanted.about, position)
        elif wanted.what == GUESS:
            work = partial(self._guess, state, wanted.about, position)
        elif wanted.what == SEPARATION:
            work = partial(self._separate, state, wanted.about, position)
        elif wanted.what == APPRAISAL:
            work = partial(self._appraise, state, wanted, position, now)
        else:
            return self._fit(state, wanted, position, now)
        return self.guard.run(wanted.what, work, None, ())

    def _explain(self, state: ModelState, about: str, position: int) -> Explained | None:
        """Explain an incident and keep that."""
        incident = next((one for one in state.incidents if one.id == about), None)
        if incident is None or self.keeper.lean:
            return None
        found = explain_incident(self.log, self.keeper, state, incident, position)
        body = msgspec.json.encode(found)
        self.keeper.put("explanation", state.name, about, incident.opened, body)
        return Explained(about, found.harm)

    def _guess(self, state: ModelState, about: str, position: int) -> Guessed | None:
        """Guess why the columns of an incident disagree with their offline values."""
        incident = next((one for one in state.incidents if one.id == about), None)
        if incident is None or self.keeper.lean or state.plan is None:
            return None
        end, width = state.pairs.closed, state.plan.pairs.width
        span = (min(incident.onset, end - width), end)
        return Guessed(about, guesses(self.log, self.keeper, state, incident, span, position))

    def _separate(self, state: ModelState, about: str, position: int) -> Separated | None:
        """Tell the rows of an incident from those of the reference."""
        incident = next((one for one in state.incidents if one.id == about), None)
        if incident is None or self.keeper.lean or state.plan is None:
            return None
        from vedette.engine.separating import separate  # scikit-learn is loaded when it is needed

        found = separate(self.log, state, incident, position)
        return None if found is None else Separated(about, found)

    def _appraise(
        self, state: ModelState, wanted: Wanted, position: int, now: int
    ) -> Fitted | None:
        """Learn what the labels of a stretch of event time say; None where they do not: then it is
        asked again when there are more, and no problem of the model's."""
        assert state.plan is not None
        plan = state.plan
        key = fitting.request_key(wanted.what, wanted.start, wanted.end)
        key = f"{key}/{plan.baseline_id}"
        found = self.keeper.answered(state.name, key)
        if found is None:
            first = self._first.get(state.name, 0)
            joined = self.joiner.reference(state, first, position)
            try:
                rows = labelled_table(joined, wanted.start, wanted.end)
                made = appraised(plan.baseline, rows, state.of_file)
                made = judged(made, rows, state.of_file)
            except UsageError as error:
                LOG.info("model %r: its labels say nothing yet: %s", state.name, error)
                return None
            found = self.keeper.put_baseline(state.name, key, made, now)
        return Fitted(wanted.what, *found, state.drift.closed)

    def of_file(self, state: ModelState, key: str, now: int) -> tuple[Baseline, str] | None:
        """The baseline of the file that the settings name; None when it cannot be."""
        return self._answer(state, key, lambda: self._from_file(state), now)

    def _from_file(self, state: ModelState) -> Baseline:
        baseline, windows = fitting.from_file(state.of_file)
        return self._with_windows(state, baseline, windows)

    def beside(self, state: ModelState, what: str, key: str, now: int) -> Fitted | None:
        """The baseline in force with another training sample or schema; None when it cannot be."""
        assert state.plan is not None
        plan = state.plan
        try:
            found = self._made(
                state, f"{what}/{key}/{plan.baseline_id}",
                lambda: BESIDE[what].added(plan.baseline, state.of_file, key), now,
            )  # fmt: skip
        except VedetteError as error:
            self.beside_problems[state.name, what] = str(error)
            return None
        self.beside_problems.pop((state.name, what), None)
        return Fitted(what, *found, state.drift.closed)

    def _with_windows(
        self, state: ModelState, baseline: Baseline, windows: fitting.Windows
    ) -> Baseline:
        """Keep what natural variation was learnt from, if it is to be learnt anew from more."""
        for window, profile in windows if len(windows) < REFITS[-1] else ():
            self.keeper.put_profile(state.name, LEARNT, window, profile)
        return baseline

    def _fit(self, state: ModelState, wanted: Wanted, position: int, now: int) -> Fitted | None:
        """Answer a request; None when it cannot be, `problems` says why."""
        key = fitting.request_key(wanted.what, wanted.start, wanted.end)
        found = self._answer(state, key, lambda: self._fresh(state, wanted), now)
        if found is None:
            return None
        if wanted.what == "variation":
            return Fitted(wanted.what, *found, state.drift.closed)
        end = wanted.end if state.phase == COLLECTING else state.drift.closed
        return self.anew(state, Fitted(wanted.what, *found, end), position)

    def _answer(
        self, state: ModelState, key: str, fit: Callable[[], Baseline], now: int
    ) -> tuple[Baseline, str] | None:
        try:
            found = self._made(state, key, fit, now)
        except VedetteError as error:
            self.problems[state.name] = str(error)
            return None
        self.problems.pop(state.name, None)
        return found

    def _made(
        self, state: ModelState, key: str, fit: Callable[[], Baseline], now: int
    ) -> tuple[Baseline, str]:
        """The answer that is kept, or a new one.  Errors: those of `fit`."""
        found = self.keeper.answered(state.name, key)
        return found or self.keeper.put_baseline(state.name, key, fit(), now)

    def _fresh(self, state: ModelState, wanted: Wanted) -> Baseline:
        if wanted.what == METERING:
            return fitting.without_columns()
        if wanted.what == "variation":
            assert state.plan is not None
            baseline = state.plan.baseline
            windows = self._windows(state, baseline, wanted)
            flat = baseline.profile.window is None
            return fitting.from_windows(baseline, windows, state.of_file, flat=flat)
        baseline, windows = fitting.from_log(
            self.log, state.name, wanted.start, wanted.end, state.of_file
        )
        return self._with_windows(state, baseline, windows)

    def _windows(
        self, state: ModelState, baseline: Baseline, wanted: Wanted
    ) -> list[tuple[Window, Profile]]:
        """Profiles of the drift clock's windows that lie in no incident."""
        width = state.settings.clocks.widths[2]
        incidents = [
            msgspec.json.decode(entry.body, type=Incident)
            for entry in self.keeper.read("incident", state.name)
        ]
        spans = [(i.onset, wanted.end if i.closed is None else i.closed) for i in incidents]
        found: dict[int, tuple[Window, Profile]] = {}
        for clock in (LEARNT, DRIFT):
            for entry in self.keeper.read(
                "profile", state.name, wanted.start, wanted.end, prefix=f"{clock}/"
            ):
                window = Window(entry.time, entry.time + width)
                profile = strips.whole(self.keeper, entry)
                inside = any(a < window.end and window.start < b for a, b in spans)
                if not inside and profile.binning_id == baseline.id:
                    found.setdefault(window.start, (window, profile))
        return [found[start] for start in sorted(found)]

    def anew(self, state: ModelState, answer: Fitted, until: int, *, events: bool = True) -> Fitted:
        """An answer with what is to be counted anew under it, of the records up to a position."""
        rows = self.since(state.name, answer.end, until) if events else ()
        if not state.metered.came:
            return replace(answer, rows=rows)
        # What a model waits for with a baseline begins with a whole window.
        begin = answer.end - answer.end % state.settings.clocks.widths[2]
        readings = self.since(state.name, begin, until, METRICS)
        return replace(answer, rows=rows, readings=readings)

    def since(
        self, name: str, instant: int, until: int, kind: str = EVENTS
    ) -> Iterator[pa.RecordBatch]:
        """A model's rows of a time since an instant, of the records up to a position."""
        for _, record in self.log.read(self._first.get(name, 0), until):
            if record.kind == kind and record.model == name and record.rows is not None:
                rows = between(record.rows, instant, EVER)
                if rows.num_rows:
                    yield rows
