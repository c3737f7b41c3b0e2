"""The log, stepped through: the models as they are.

Owns: applying records in order, and from where to read on after a crash so that nothing is lost and
nothing counts twice.  Does not own: the step, answers to what it asks for (`engine.answers`), what
is kept of its outputs (`engine.keeper`), threads and queues (`engine.service`).
"""

import logging
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial

import msgspec

from vedette.core.durations import DAY, SECOND
from vedette.core.errors import StoreError, UsageError, VedetteError
from vedette.core.rows import TIME
from vedette.engine import fitting, snapshot
from vedette.engine.answers import Answers
from vedette.engine.beside import BESIDE
from vedette.engine.counting import flush
from vedette.engine.guard import Guard
from vedette.engine.joining import Joined
from vedette.engine.keeper import Keeper
from vedette.engine.learning import Fitted
from vedette.engine.live import LiveSettings
from vedette.engine.model import COLLECTING, LEARNING, WATCHING, ModelState, begin
from vedette.engine.model_settings import ModelSettings
from vedette.engine.outputs import JOIN, PAIR, Output, Wanted
from vedette.engine.pairing import Paired
from vedette.engine.plan import make_plan
from vedette.engine.saved import Kept, Signed, folded, in_force, valid
from vedette.engine.step import Answer, step
from vedette.engine.terms import under
from vedette.profiles.windowed import instants
from vedette.stores.store import EVENTS, METRICS, PARTS, TICK, TWINS, EventLog, Record

FIT = "fit"  # key of what a model's baseline was fitted to
LIVE = "live"  # key of the newest snapshot of a model; those by day are for replays
ANEW = ("first guess", "baseline")  # answers under which rows are graded in another way
LAG = 60 * SECOND  # how far what is kept of a model may trail a change that says nothing
WAITING_ROWS = 500_000  # of all models, not counted yet: about 125 MB of 25 columns
LOG = logging.getLogger("vedette")


class Runner:
    """Models stepped along one log.

    Shapes: `models` by name; `position` after the last record that was taken.  `assumed` are
    settings that hold over those of the file from a model's first record on, for back-tests.
    """

    def __init__(
        self,
        log: EventLog,
        keeper: Keeper,
        settings: LiveSettings,
        guard: Guard | None = None,
        assumed: Mapping[str, Kept] = {},
    ) -> None:
        self.log, self.keeper, self.settings = log, keeper, settings
        self.guard = guard or Guard()
        self._assumed = assumed
        self._orphans: list[str] = []  # models whose kept state could not be read
        self._told = keeper.store.position  # up to here, people were told before
        self.models: dict[str, ModelState] = {}
        self.position = keeper.store.position
        self._kept: dict[str, int] = {}  # model -> position that its kept state follows
        self._first: dict[str, int] = {}  # model -> position before its first record
        self._changed: dict[str, tuple[int, int]] = {}  # not kept yet: position, moment of it
        self._days: dict[str, str] = {}
        self._stale: set[str] = set()  # models whose reference or settings changed
        self._keys: dict[tuple[str, str], str | None] = {}  # of what is beside models' baselines
        self._matched: dict[tuple[str, str], str] = {}  # the baseline that has it already
        self._waiting = 0  # rows of all models that are not counted yet
        self.parts: dict[str, int] = {}  # model -> when the first side of a call of it came
        self.answers = Answers(log, keeper, self.guard, self._first)

    @property
    def problems(self) -> dict[str, str]:
        """Why a model has no baseline, by its name."""
        return self.answers.problems

    def problem(self, name: str) -> str:
        """Why a model has no baseline, or one without what its settings name beside it; "" where
        nothing is amiss."""
        beside = (self.answers.beside_problems.get((name, what), "") for what in BESIDE)
        return "; ".join(filter(None, (self.problems.get(name, ""), *beside)))

    def restore(self) -> None:
        """Take every model up where its kept state left off.

        A state that cannot be read, as after a change of version, is made anew from the log.
        """
        for entry in self.keeper.store.read("snapshot", prefix=LIVE):  # not those of every day
            try:
                self.take_up(entry.model, entry.body)
            except StoreError as error:
                LOG.warning(
                    "vedette: model %r is stepped again from the log: %s", entry.model, error
                )
                self.position = min(self.position, msgspec.msgpack.decode(entry.body)[1])
                self._orphans.append(entry.model)
                self.keeper.begin_anew(entry.model)

    def take_up(self, name: str, body: bytes) -> None:
        """Begin with a model as a snapshot holds it."""
        position, first, data = msgspec.msgpack.decode(body)
        settings = self.settings.of(name)
        made, phase = snapshot.about(data)
        plan = None
        if made:
            baseline = self.keeper.baseline(name, made)
            own = in_force(settings, snapshot.saved(data, settings))
            m = snapshot.metered(data)
            plan = make_plan(
                own,
                baseline,
                made,
                learning=phase != WATCHING,
                twins=snapshot.watches_twins(data),
                metering=own.metering(m.names[: m.planned]),
            )
        self.models[name] = snapshot.decode(data, settings, plan)
        self._kept[name], self._first[name] = position, first
        if made and settings.baseline.file:
            self._compare(name, settings)

    def _compare(self, name: str, settings: ModelSettings) -> None:
        """See whether the reference, or what shapes the fit, is another than when it was fitted."""
        known = self.keeper.get("model", name, FIT)
        try:
            if known is not None and known.body.decode() != fitting.file_key(settings):
                self._stale.add(name)
                LOG.warning("model %r begins anew: its reference or its settings changed", name)
        except StoreError as error:
            self.answers.problems[name] = str(error)

    def catch_up(self, stop: int | None = None) -> int:
        """Step through what the log holds beyond the kept state; how many records."""
        done, now = 0, 0
        for position, record in self.log.read(self.position, stop):
            with suppress(UsageError):  # an act that was refused when it was made
                self.take(position, record)
            done, now = done + 1, record.received
            if done % 1000 == 0:
                self.commit(now)
        for name in self._orphans:
            self._adopt(name, now)
        self.commit(now)
        return done

    def _adopt(self, name: str, now: int) -> None:
        """Put a model made anew from the log under the settings saved before the log begins, which
        are known from what is kept of the time line."""
        state, saved = self.models.get(name), self._saved(name)
        if state is None or saved == state.saved:
            return
        made: list[Output] = []
        self.models[name] = under(state, saved, Signed(at=now), made)
        self.keeper.keep(name, made, now, tell=False)
        self._changed.setdefault(name, (self.position, now))

    def _saved(self, name: str) -> Kept:
        """What was saved of a model's settings, as the time line says."""
        notes = [msgspec.json.decode(entry.body) for entry in self.keeper.read("note", name)]
        acts = [note for note in notes if note.get("act") == "settings"]
        return valid(self.settings.of(name), folded(sorted(acts, key=lambda act: int(act["at"]))))

    def take(self, position: int, record: Record) -> list[tuple[str, Output]]:
        """Apply one record; what came of it, by model.

        A model whose step fails in a way that nobody foresaw stays as it was, the others go on, and
        the fault is counted: the same when the log is read again.
        Errors: UsageError for an act that the lifecycle does not allow.
        """
        before, self.position = self.position, position
        if record.kind == PARTS:
            self.parts.setdefault(record.model, record.received)
        made: list[tuple[str, Output]] = []
        for name in list(self.models) if record.kind == TICK else [record.model]:
            if self._kept.get(name, -1) < position:
                work = partial(self._take, name, before, position, record)
                outputs: list[Output] = self.guard.run("step", work, [])
                made += [(name, output) for output in outputs]
        return made

    def _take(self, name: str, before: int, position: int, record: Record) -> list[Output]:
        state = self.models.get(name)
        if state is None:
            saved = self._assumed.get(name)
            if saved is None and position > self._told:  # the log holds nothing older of it
                saved = self._saved(name)
            state = begin(name, self.settings.of(name), saved or {})
            self._first[name] = before
        if state.plan is not None and state.plan.baseline.appraisal is not None:
            self.answers.joiner.hear(name, before, position, record)
        if state.plan is not None and (state.twins.came or record.kind == TWINS):
            self.answers.pairer.hear(name, before, position, record)
        was, now = state, record.received
        made: list[Output] = []
        is_new = state.phase == COLLECTING or name in self._stale
        sent = record.kind in (EVENTS, METRICS)
        if is_new and sent and state.settings.baseline.file:
            state = self._given(state, record, before, made)
        if record.kind == EVENTS:
            state = self._beside(state, now, made)
        state, outputs = step(state, record, now)
        made += outputs
        tell = position > self._told
        self.keeper.keep(name, made, now, tell=tell)
        wanted = deque(output for output in outputs if isinstance(output, Wanted))
        while wanted:  # an answer may rest on what was just kept, and lead to the next question
            answer = self.answers.to(state, wanted.popleft(), position, now)
            if isinstance(answer, Fitted) and answer.what in ANEW:
                state, more = self._joined(state, position, now)
                self.keeper.keep(name, more, now, tell=tell)
                made += more
            if answer is not None:
                state, more = self._answered(state, answer, now)
                self.keeper.keep(name, more, now, tell=tell)
                made += more
                wanted += [output for output in more if isinstance(output, Wanted)]
        self.models[name] = state
        self._waiting += state.pending_rows - was.pending_rows
        if self._waiting > WAITING_ROWS:
            self._count_all()
        if state is not was:
            self._changed.setdefault(name, (before, now))
        if made:
            self._settle(name, position, now)
        return made

    def _count_all(self) -> None:
        """Count what waits for any model: a thousand busy ones must not fill the memory."""
        for name, state in self.models.items():
            self.models[name] = self.guard.run("count", partial(flush, state), state)
        self._waiting = 0

    def commit(self, now: int, *, force: bool = False) -> None:
        """Write what waits, with the position of the oldest change that is not kept yet."""
        for name, (_, since) in list(self._changed.items()):
            if force or now - since > LAG:
                self._settle(name, self.position, now)
        oldest = [before for before, _ in self._changed.values()]
        self.keeper.write(min([self.position, *oldest]))

    def _settle(self, name: str, position: int, now: int) -> None:
        """Keep a model's state, together with what it led to."""
        state = self.models[name]
        if state.pending:
            return
        body = msgspec.msgpack.encode([position, self._first.get(name, 0), snapshot.encode(state)])
        self.keeper.put("snapshot", name, LIVE, now, body)
        day = f"day/{max(state.clock.newest, 0) // DAY:08d}"
        if self._days.get(name) != day and state.plan is not None:
            if self.keeper.get("snapshot", name, day) is None:
                self.keeper.put("snapshot", name, day, now, body)
            self._days[name] = day
        self._kept[name] = position
        self._changed.pop(name, None)

    def _answered(
        self, state: ModelState, answer: Answer, now: int
    ) -> tuple[ModelState, tuple[Output, ...]]:
        """Step with an answer; labels and twins that cannot be taken in are passed over."""
        if not isinstance(answer, Joined | Paired):
            return step(state, answer, now)
        if isinstance(answer, Paired):
            pairs = sum(one.offline.num_rows for one in answer.batches)
            passed = replace(answer, batches=(), lost=answer.lost + pairs)
            taken = partial(step, state, answer, now)
            return self.guard.run(PAIR, taken, None, ()) or step(state, passed, now)
        work: Callable[[], tuple[ModelState, tuple[Output, ...]] | None]
        work = partial(step, state, answer, now)
        made = self.guard.run(JOIN, work, None, ())
        lost = answer.lost + sum(batch.num_rows for batch in answer.batches)
        return made or step(state, replace(answer, batches=(), lost=lost), now)

    def _joined(
        self, state: ModelState, position: int, now: int
    ) -> tuple[ModelState, tuple[Output, ...]]:
        """Join the labels that came, before another baseline is all that can grade them."""
        made: list[Output] = []
        while state.plan is not None and state.plan.baseline.appraisal is not None:
            answer = self.answers.to(state, Wanted(JOIN, 0, 0), position, now)
            if not isinstance(answer, Joined):
                break
            state, outputs = self._answered(state, answer, now)
            made += [output for output in outputs if not isinstance(output, Wanted)]
            if not answer.more:
                break
        return state, tuple(made)

    def _given(
        self, state: ModelState, record: Record, before: int, made: list[Output]
    ) -> ModelState:
        """Begin under the baseline of the file that the settings name."""
        assert record.rows is not None
        self._stale.discard(state.name)
        key = fitting.file_key(state.of_file)
        found = self.answers.of_file(state, key, record.received)
        if found is None:
            return state
        self.keeper.put("model", state.name, FIT, record.received, key.encode())
        if state.phase == COLLECTING:
            width = state.settings.clocks.widths[2]
            begin = int(instants(record.rows, TIME).min()) // width * width
            answer = self.answers.anew(state, Fitted("file", *found, begin), before, events=False)
        else:
            answer = Fitted("file", *found, state.drift.closed)
            answer = self.answers.anew(state, answer, before)
        state, outputs = self._joined(state, before, record.received)
        made += outputs
        state, outputs = step(state, answer, record.received)
        made += outputs
        return state

    def _beside(self, state: ModelState, now: int, made: list[Output]) -> ModelState:
        """Hold a model that has a baseline against what the settings name beside it.

        What cannot be read is tried once: the watch goes on without it, or with what is known.
        """
        for what, one in BESIDE.items():
            if state.baseline is None or (state.phase == LEARNING and not one.early):
                continue
            place = state.name, what
            assert state.plan is not None
            if self._matched.get(place) == state.plan.baseline_id:
                continue
            key = self._key(state, what)
            if key is None or key == one.known(state.plan.baseline):
                self._matched[place] = state.plan.baseline_id
                continue
            answer = self.answers.beside(state, what, key, now)
            if answer is None:
                self._keys[state.name, what] = None
                continue
            state, outputs = step(state, answer, now)
            made += outputs
        return state

    def _key(self, state: ModelState, what: str) -> str | None:
        """The key of what the settings name; None where that failed."""
        place = state.name, what
        if place not in self._keys:
            try:
                self._keys[place] = BESIDE[what].key(state.of_file)
            except VedetteError as error:
                self._keys[place], self.answers.beside_problems[place] = None, str(error)
        return self._keys[place]
