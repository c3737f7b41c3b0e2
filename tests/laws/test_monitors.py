"""What every monitor of a live model obeys.

Owns: the laws of `monitors.monitor`, one planted fault per row of `catalog.MONITORS`.  Does not
own: how soon and how often in simulated months (`bench`), formulas (`tests/unit`).
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import reduce

import numpy as np
import pyarrow as pa
import pytest

import vedette as vd
from vedette.core.constraints import Constraints
from vedette.core.field import Field
from vedette.core.rows import WEIGHT
from vedette.core.rules.rule import Rule
from vedette.core.schema import Schema
from vedette.core.windows import Window
from vedette.derive.checks.served import Served
from vedette.derive.outliers.counted import RowCounts
from vedette.derive.outliers.fit import fit_outliers
from vedette.derive.outliers.ordinary import with_ordinary
from vedette.derive.twins import codes
from vedette.engine.class_shares import class_shares
from vedette.engine.reached import reached
from vedette.engine.sight import seen
from vedette.monitors.catalog import MONITORS
from vedette.monitors.finding import VERDICTS
from vedette.monitors.monitor import Terms
from vedette.monitors.resources import RESOURCES
from vedette.profiles.appraisal import Appraisal
from vedette.profiles.auditor import Auditor
from vedette.profiles.build import build
from vedette.profiles.cubes import cubes_of
from vedette.profiles.dependence_variation import fit_dependence_variation
from vedette.profiles.gap_variation import fit_gaps
from vedette.profiles.graded_rows import (
    expected,
    expected_loss,
    read_labels,
    read_predictions,
    realised,
    row_loss,
)
from vedette.profiles.grading import EXPECTED, LABELLED, REALISED, Grading
from vedette.profiles.groups import Grouping, Groups
from vedette.profiles.infer import infer
from vedette.profiles.loss_variation import fit_loss_variation, loss_sums
from vedette.profiles.metering import Metering
from vedette.profiles.objective import Objective
from vedette.profiles.profile import WHOLE, Profile
from vedette.profiles.together import counted
from vedette.profiles.training import Training
from vedette.profiles.training_fit import quantiles_of
from vedette.profiles.variation import fit_variation
from vedette.sketches.loglinear import LogLinear
from vedette.sketches.readings import Readings
from vedette.sketches.twins import Twins

HOUR, MINUTE = 3_600_000_000_000, 60_000_000_000
START = 20_000 * 24 * HOUR  # a midnight
MONTH = 30 * 24 * HOUR
EDGE = 1e-12


@dataclass(frozen=True)
class Adapter:
    """What a monitor is watched with: windows of `width` and `rows`, `learn` of them before a fault
    that `plant` makes of a table, `worse` makes larger, told within `delay` windows."""

    width: int
    rows: int
    learn: int
    plant: Callable[[pa.Table], pa.Table]
    worse: Callable[[pa.Table], pa.Table]
    delay: int
    silent: bool = False  # whether windows without rows say something
    rounded: bool = False  # whether sums of floats enter, which merge in any order but for rounding
    distinct: int = 12  # ordinary windows, which come again and again


def table(rows: int, seed: int) -> pa.Table:
    rng = np.random.default_rng(seed)
    return pa.table(
        {
            "amount": pa.array(rng.normal(10, 2, rows), mask=rng.random(rows) < 0.01),
            "visits": rng.poisson(4, rows),
            "country": rng.choice(["DE", "FR", "IT"], rows, p=[0.6, 0.3, 0.1]),
            "fixed": np.ones(rows),
            "void": pa.nulls(rows, pa.float64()),
            "score": (score := rng.random(rows)),
            "truth": rng.random(rows) < score,
        }
    )


GRADING = Grading(
    "binary", None, ("score",), "truth", ("false", "true"), (np.linspace(0.05, 0.95, 19),)
)


def graded(whole: pa.Table) -> dict:
    """How the score does, by the truth and by what it says of itself."""
    if not {"score", "truth"} <= set(whole.column_names) or not whole.num_rows:
        return {}
    batch = whole.combine_chunks().to_batches()[0]
    predictions, truth = read_predictions(batch, GRADING), read_labels(batch["truth"], GRADING)
    score = batch["score"].to_numpy(zero_copy_only=False)
    chances = np.stack([1 - score, score], axis=1)
    usable = np.isfinite(row_loss(predictions, truth, GRADING))
    usable &= np.isfinite(expected_loss(predictions, chances, GRADING))
    if not usable.any():
        return {}
    if not usable.all():
        return graded(whole.filter(pa.array(usable)))
    ahead = expected(predictions, chances, GRADING, {})[WHOLE]
    return {
        (REALISED, WHOLE): realised(predictions, truth, GRADING, {})[WHOLE],
        (LABELLED, WHOLE): ahead,
        (EXPECTED, WHOLE): ahead,
    }


CHECKS = Schema(
    (
        Field("amount", "numeric", constraints=Constraints(min=-100, mostly=0.99)),
        Field("visits", "integer", constraints=Constraints(min=0, required=True)),
    ),
    (Rule("small", "amount < 1000 or visits > 3"),),
)
SERVED = Served.of(CHECKS)
TIMED = Field("latency_s", "numeric", role="latency")
(WHOLE_TABLE,) = table(20_000, 0).combine_chunks().to_batches()
LIKE = fit_outliers(WHOLE_TABLE, infer(table(20_000, 0)))
ROWS = RowCounts.of(LIKE, {})
GROUPING = Grouping(GRADING, (Groups(("country",), (("DE",), ("FR",), ("IT",))),), labelled=True)


def cubed(whole: pa.Table) -> dict:
    """Rows by country, as the score decides and the truth says."""
    if not {"score", "truth"} <= set(whole.column_names) or not whole.num_rows:
        return {}
    batch = whole.combine_chunks().to_batches()[0]
    return cubes_of(batch, GROUPING, read_labels(batch["truth"], GRADING))


def compared(whole: pa.Table) -> dict:
    """Every column beside its offline values: its own, but for the visits of a planted fault."""
    offline = {"visits": "visits offline"} if "visits offline" in whole.column_names else {}
    return {
        name: Twins.of(codes(*(one.combine_chunks() for one in (whole[twin], whole[name]))))
        for name in whole.column_names
        for twin in [offline.get(name, name)]
        if name not in offline.values()
    }


def unlike(share: float) -> Callable[[pa.Table], pa.Table]:
    """Serving counts some visits twice, offline knows better."""

    def plant(whole: pa.Table) -> pa.Table:
        visits = whole["visits"].to_numpy()
        twice = np.arange(len(visits)) < share * len(visits)
        at = whole.column_names.index("visits")
        served = whole.set_column(at, "visits", pa.array(np.where(twice, 2 * visits + 1, visits)))
        return served.append_column("visits offline", whole["visits"])

    return plant


def french(share: float) -> Callable[[pa.Table], pa.Table]:
    """Nearly everybody is said to be from one country."""

    def plant(whole: pa.Table) -> pa.Table:
        own = whole["country"].to_numpy(zero_copy_only=False)
        said = np.where(np.arange(len(own)) < share * len(own), "FR", own)
        at = whole.column_names.index("country")
        return whole.set_column(at, "country", pa.array(said))

    return plant


def logged(whole: pa.Table) -> dict:
    """What somebody logs beside the events: the depth of a queue, the larger the more visits."""
    if "visits" not in whole.column_names or whole["visits"].type == pa.string():
        return {}
    visits = whole["visits"].to_numpy(zero_copy_only=False).astype(float)
    used = np.clip(visits[np.isfinite(visits)] / 20, 0, 1)
    cpu = {"resource.cpu.utilization": Readings.of(used)} if len(used) else {}
    return cpu | {"queue": Readings.of(visits[np.isfinite(visits)])} if len(visits) else {}


def took(whole: pa.Table) -> dict:
    """How long answers took: the longer the larger the amount."""
    if "amount" not in whole.column_names:
        return {}
    with np.errstate(over="ignore"):
        seconds = np.exp(whole["amount"].to_numpy(zero_copy_only=False) / 4)
    seconds = seconds[np.isfinite(seconds)]
    return {("latency_s", WHOLE): LogLinear.of(seconds)} if len(seconds) else {}


def changed(column: str, make: Callable[[np.ndarray], object]) -> Callable[[pa.Table], pa.Table]:
    def plant(whole: pa.Table) -> pa.Table:
        values = whole[column].to_numpy(zero_copy_only=False)
        at = whole.column_names.index(column)
        return whole.set_column(at, column, pa.array(make(values), from_pandas=True))

    return plant


def holes(share: float) -> Callable[[pa.Table], pa.Table]:
    def make(values: np.ndarray) -> np.ndarray:
        gone = np.arange(len(values)) < share * len(values)
        return np.where(gone, np.nan, values.astype(float))

    return changed("visits", make)


def negative(share: float) -> Callable[[pa.Table], pa.Table]:
    return changed("visits", lambda v: np.where(np.arange(len(v)) < share * len(v), -1.0, v))


def busy(visits: float) -> Callable[[pa.Table], pa.Table]:
    return changed("visits", lambda v: np.full(len(v), visits))


def sampled(weight: float) -> Callable[[pa.Table], pa.Table]:
    """Each row is sent for several that are not."""
    return lambda whole: whole.append_column(WEIGHT, pa.array(np.full(whole.num_rows, weight)))


def slow(share: float) -> Callable[[pa.Table], pa.Table]:
    return changed("visits", lambda v: np.where(np.arange(len(v)) < share * len(v), 50.0, v))


def cut(share: float) -> Callable[[pa.Table], pa.Table]:
    return lambda whole: whole.slice(0, int(share * whole.num_rows))


def odd(share: float) -> Callable[[pa.Table], pa.Table]:
    """Some rows have an amount that no row of the reference has."""
    return changed("amount", lambda v: np.where(np.arange(len(v)) < share * len(v), 30.0, v))


def wrong(share: float) -> Callable[[pa.Table], pa.Table]:
    """Some rows turn out to be what the score does not say."""

    def plant(whole: pa.Table) -> pa.Table:
        score = whole["score"].to_numpy()
        changed_ones = np.arange(len(score)) < share * len(score)
        truth = np.where(changed_ones, score < 0.5, whole["truth"].to_numpy())
        at = whole.column_names.index("truth")
        return whole.set_column(at, "truth", pa.array(truth))

    return plant


def refused(times: float) -> Callable[[pa.Table], pa.Table]:
    """People of one country are selected less often."""

    def plant(whole: pa.Table) -> pa.Table:
        score, own = whole["score"].to_numpy(), whole["country"].to_numpy() == "FR"
        at = whole.column_names.index("score")
        return whole.set_column(at, "score", pa.array(np.where(own, score * times, score)))

    return plant


def misjudged(share: float) -> Callable[[pa.Table], pa.Table]:
    """Some people of one country turn out to be what the score does not say."""

    def plant(whole: pa.Table) -> pa.Table:
        other, own = wrong(share)(whole)["truth"], whole["country"].to_numpy() == "FR"
        at = whole.column_names.index("truth")
        truth = np.where(own, other.to_numpy(), whole["truth"].to_numpy())
        return whole.set_column(at, "truth", pa.array(truth))

    return plant


def bound(share: float) -> Callable[[pa.Table], pa.Table]:
    """Of some rows those of many visits have large amounts; each column keeps its values."""

    def plant(whole: pa.Table) -> pa.Table:
        amount, visits = (whole[n].to_numpy(zero_copy_only=False) for n in ("amount", "visits"))
        some = np.flatnonzero(np.arange(len(visits)) < share * len(visits))
        mixed = amount.copy()
        mixed[some[np.argsort(visits[some], kind="stable")]] = np.sort(amount[some])
        at = whole.column_names.index("amount")
        return whole.set_column(at, "amount", pa.array(mixed, from_pandas=True))

    return plant


OBJECTIVES = (
    Objective("few visits", 0.99, MONTH, "visits", most=12),
    Objective("no islands", 0.999, MONTH, "country", ("IS",)),
)
SHARES_OF = {"country": ("DE", "FR", "IT", "XX")}  # classes that settings name

ADAPTERS = {
    "shift": Adapter(
        HOUR, 300, 0, changed("amount", lambda v: v + 1), changed("amount", lambda v: v + 2), 4
    ),
    "rates": Adapter(MINUTE, 40, 0, holes(0.5), holes(1.0), 1),
    "volume": Adapter(15 * MINUTE, 100, 9 * 96, cut(0.05), cut(0.0), 2, silent=True),
    "concept": Adapter(HOUR, 300, 0, wrong(0.3), wrong(0.6), 3),
    "estimate": Adapter(HOUR, 300, 0, wrong(0.3), wrong(0.6), 3, rounded=True),
    "parity": Adapter(HOUR, 300, 0, refused(0.7), refused(0.5), 5),
    "odds": Adapter(HOUR, 300, 0, misjudged(0.6), misjudged(1.0), 5),
    "schema": Adapter(MINUTE, 40, 0, negative(0.3), negative(0.8), 1),
    "skew": Adapter(
        HOUR, 300, 0, changed("amount", lambda v: v + 1), changed("amount", lambda v: v + 2), 4
    ),
    "twins": Adapter(HOUR, 300, 0, unlike(0.03), unlike(0.1), 4),
    "outliers": Adapter(MINUTE, 40, 0, odd(0.2), odd(0.5), 2),
    "metrics": Adapter(HOUR, 100, 10 * 24, french(0.9), french(1.0), 5, rounded=True, distinct=97),
    "objectives": Adapter(MINUTE, 40, 5, slow(0.3), slow(1.0), 6),
    "saturation": Adapter(MINUTE, 40, 0, busy(20), busy(40), 10, rounded=True),
    "blindness": Adapter(MINUTE, 40, 0, sampled(10), sampled(20), 2),
    "dependence": Adapter(HOUR, 300, 0, bound(0.7), bound(1.0), 4),
    "tail": Adapter(
        HOUR,
        400,
        10 * 24,
        changed("amount", lambda v: v + 1.5),
        changed("amount", lambda v: v + 3),
        3,
        distinct=97,
    ),
}
every_monitor = pytest.mark.parametrize("name", MONITORS)


@pytest.fixture(scope="module")
def baseline():
    whole, other = table(20_000, 0), table(20_000, 1)
    fitted = vd.Baseline.fit(whole)
    (rows,) = other.combine_chunks().to_batches()
    learnt = Training(
        "", "train", build([rows], fitted), quantiles_of(rows, fitted, fitted.columns), 20_000
    )
    hours = [
        (
            Window(START - (200 - i) * HOUR, START - (199 - i) * HOUR),
            profiled(table(150, 1_000 + i), fitted),
        )
        for i in range(200)
    ]
    losses = [(w, {WHOLE: loss_sums(p.graded, GRADING.task, WHOLE)}) for w, p in hours]
    gaps = fit_gaps(GROUPING, [(w, p.cubes) for w, p in hours], HOUR)
    return replace(
        fitted,
        schema=Schema((*fitted.schema.fields, TIMED)),
        profile=replace(fitted.profile, graded=graded(whole), cubes=cubed(whole)),
        grouping=replace(GROUPING, variation=gaps),
        variation=fit_variation(fitted, hours, HOUR),
        appraisal=Appraisal(GRADING, Auditor("score", (), {}), fit_loss_variation(losses, HOUR)),
        training=learnt,
        checks=CHECKS,
        outliers=with_ordinary(LIKE, [], [p for _, p in hours]),
        metering=Metering(
            names=("queue", "never logged", "resource.cpu.utilization"),
            shares=SHARES_OF,
            objectives=OBJECTIVES,
            bounds=RESOURCES,
        ),
        dependence=fit_dependence_variation(fitted.dependence, hours, HOUR),
    )


def drawn(rows: int, seed: int, baseline) -> Profile:
    return profiled(table(rows, seed), baseline)


def profiled(whole: pa.Table, baseline) -> Profile:
    built = build(whole.to_batches(), baseline)
    scored, _ = ROWS.cells(whole.to_batches())
    cells = {**built.cells, **SERVED.cells(whole.to_batches()), **scored}
    return replace(
        built, cells=cells, graded=graded(whole), cubes=cubed(whole), twins=compared(whole),
        tails=took(whole),
        metrics=logged(whole) | class_shares(whole.to_batches(), SHARES_OF, baseline)
        | reached(whole.to_batches(), OBJECTIVES)
        | seen(whole.to_batches(), baseline),
        pairwise=counted(whole.to_batches(), baseline),
    )  # fmt: skip


def made(name: str, baseline):
    """The monitor of a catalogue row, alone on its clock."""
    kind, width = MONITORS[name], ADAPTERS[name].width
    importance = np.array([s.importance for s in kind.streams_of(baseline)])
    return kind.of(baseline, Terms(importance / importance.sum(), MONTH / width, width))


def at(name: str, i: int) -> Window:
    width = ADAPTERS[name].width
    return Window(START + i * width, START + (i + 1) * width)


def watched(name: str, monitor, profiles, state=None, first: int = 0):
    """Step through windows; the states and looks on the way."""
    state = monitor.start() if state is None else state
    found = []
    for i, profile in enumerate(profiles):
        state, look = monitor.step(state, profile, at(name, first + i))
        found.append((state, look))
    return found


@pytest.fixture(scope="module")
def learnt(baseline):
    """Per monitor: itself, and its state after an ordinary past, with how many windows it took."""
    ready = {}
    for name, adapter in ADAPTERS.items():
        monitor = made(name, baseline)
        n = adapter.distinct
        some = [drawn(adapter.rows, 50 + k, baseline) for k in range(n)]
        past = [some[i % n] for i in range(adapter.learn or n)]
        ready[name] = (monitor, watched(name, monitor, past)[-1][0], len(past))
    return ready


def same(one, two, rounded: bool = False) -> bool:
    if is_dataclass(one):
        pairs = [(getattr(one, f.name), getattr(two, f.name)) for f in fields(one)]
        return all(same(a, b, rounded) for a, b in pairs)
    if isinstance(one, tuple):
        return len(one) == len(two) and all(
            same(a, b, rounded) for a, b in zip(one, two, strict=True)
        )
    if rounded and isinstance(one, np.ndarray) and one.dtype.kind == "f":
        return bool(np.allclose(one, two, rtol=1e-9, atol=1e-12, equal_nan=True))
    return bool(np.array_equal(one, two, equal_nan=isinstance(one, np.ndarray | float)))


def plain(value) -> bool:
    if is_dataclass(value):
        return all(plain(getattr(value, f.name)) for f in fields(value))
    if type(value) is tuple:  # a named one would come back without its names
        return all(plain(part) for part in value)
    return isinstance(value, np.ndarray | int | float | str | bool | np.generic)


def worth(monitor, look) -> float:
    return float(monitor.terms.weights @ look.evidence) / monitor.terms.threshold


def test_every_monitor_has_a_fault_to_be_tested_with():
    assert set(ADAPTERS) == set(MONITORS)


@every_monitor
def test_looks_have_an_entry_per_stream(name, baseline, learnt):
    monitor, state, n = learnt[name]
    assert monitor.streams == MONITORS[name].streams_of(baseline)
    assert all(stream.monitor == name for stream in monitor.streams)
    profile = drawn(ADAPTERS[name].rows, 1, baseline)
    _, look = monitor.step(state, profile, at(name, n))
    for part in (look.evidence, look.effect, look.quiet, look.onset):
        assert part.shape == (len(monitor.streams),)
    assert (look.evidence >= 0).all()
    assert np.isfinite(look.evidence).all()
    assert (look.onset <= at(name, n).end).all()


@every_monitor
def test_pure_the_same_inputs_give_the_same_and_stay_unchanged(name, baseline, learnt):
    monitor, state, n = learnt[name]
    profile = drawn(ADAPTERS[name].rows, 2, baseline)
    kept_state, kept_profile = copy.deepcopy(state), copy.deepcopy(profile)
    one, two = (monitor.step(state, profile, at(name, n)) for _ in range(2))
    assert same(one, two)
    which = range(len(monitor.streams))
    said = monitor.tell(*one, profile, which)
    assert said == monitor.tell(*two, profile, which)
    monitor.reset(one[0], np.ones(len(monitor.streams), bool))
    assert same(state, kept_state)
    assert profile.same_counts(kept_profile)


@every_monitor
def test_a_state_is_plain_and_survives_a_copy(name, baseline, learnt):
    monitor, state, n = learnt[name]
    assert is_dataclass(state)
    assert type(state).__dataclass_params__.frozen
    assert plain(state)
    profile = drawn(ADAPTERS[name].rows, 3, baseline)
    again = copy.deepcopy(state)
    assert same(
        monitor.step(state, profile, at(name, n)), monitor.step(again, profile, at(name, n))
    )


@every_monitor
def test_calm_on_the_baseline_itself(name, baseline, learnt):
    monitor, state, n = learnt[name]
    whole = table(20_000, 0)
    size = ADAPTERS[name].rows
    parts = [profiled(whole.slice(i * size, size), baseline) for i in range(20_000 // size)][:60]
    assert max(worth(monitor, look) for _, look in watched(name, monitor, parts, state, n)) < 0.1


@every_monitor
def test_no_rows_are_unknown_and_change_no_evidence(name, baseline, learnt):
    monitor, state, n = learnt[name]
    if ADAPTERS[name].silent:
        state = monitor.start()  # before the first event nothing is missed
    before, _ = monitor.step(state, build([], baseline), at(name, n))
    after, look = monitor.step(before, build([], baseline), at(name, n + 1))
    assert np.isnan(look.effect).all()
    assert worth(monitor, look) < 0.1
    for found in monitor.tell(after, look, build([], baseline), range(len(monitor.streams))):
        assert found.verdict == "unknown"
        assert found.reason


@every_monitor
def test_order_and_sharding_of_rows_do_not_matter(name, baseline, learnt):
    monitor, state, n = learnt[name]
    whole = table(ADAPTERS[name].rows, 4)
    order = np.random.default_rng(0).permutation(whole.num_rows)
    shuffled = whole.take(pa.array(order))
    parts = [profiled(shuffled.slice(i, 17), baseline) for i in range(0, whole.num_rows, 17)]
    one = monitor.step(state, profiled(whole, baseline), at(name, n))
    two = monitor.step(state, reduce(Profile.merge, parts), at(name, n))
    assert same(one, two, ADAPTERS[name].rounded)


@every_monitor
def test_a_larger_fault_never_gives_less_evidence(name, baseline, learnt):
    monitor, state, n = learnt[name]
    adapter = ADAPTERS[name]
    tables = [table(adapter.rows, 60 + i) for i in range(3)]
    evidence = []
    for make in (lambda whole: whole, adapter.plant, adapter.worse):
        profiles = [profiled(make(whole), baseline) for whole in tables]
        evidence.append(worth(monitor, watched(name, monitor, profiles, state, n)[-1][1]))
    assert evidence[0] <= evidence[1] * (1 + EDGE)
    assert evidence[1] <= evidence[2] * (1 + EDGE)


@every_monitor
def test_the_planted_fault_is_told_in_time_and_in_words(name, baseline, learnt):
    monitor, state, n = learnt[name]
    adapter = ADAPTERS[name]
    tables = [table(adapter.rows, 70 + i) for i in range(adapter.delay)]
    profiles = [profiled(adapter.plant(whole), baseline) for whole in tables]
    found = watched(name, monitor, profiles, state, n)
    assert max(worth(monitor, look) for _, look in found) >= 1
    after, look = found[-1]
    lead = int((monitor.terms.weights * look.evidence).argmax())
    (said,) = monitor.tell(after, look, profiles[-1], [lead])
    assert said.monitor == name
    assert said.verdict == "alarming"
    assert said.reason
    assert said.window == at(name, n + adapter.delay - 1)
    assert said.magnitude > said.min_effect
    assert np.isfinite(said.evidence)
    assert at(name, n - 2).start <= look.onset[lead] <= at(name, n + adapter.delay).start
    assert not look.quiet[lead]


@every_monitor
def test_reset_forgets_the_chosen_streams_only(name, baseline, learnt):
    monitor, state, n = learnt[name]
    adapter = ADAPTERS[name]
    fault = profiled(adapter.worse(table(adapter.rows, 80)), baseline)
    calm = drawn(adapter.rows, 81, baseline)
    state = watched(name, monitor, [fault] * adapter.delay, state, n)[-1][0]
    every = np.ones(len(monitor.streams), bool)
    _, kept = monitor.step(monitor.reset(state, ~every), calm, at(name, n + 9))
    _, plainly = monitor.step(state, calm, at(name, n + 9))
    assert np.array_equal(kept.evidence, plainly.evidence)
    _, fresh = monitor.step(monitor.reset(state, every), calm, at(name, n + 9))
    assert worth(monitor, fresh) < 0.1
    assert (fresh.evidence <= plainly.evidence * (1 + EDGE)).all()


@every_monitor
def test_false_alarms_of_2000_ordinary_windows_stay_within_the_budget(name, baseline, learnt):
    """A budget of one alarm a month; 2,000 windows of a monitor are at most three of them."""
    monitor, state, n = learnt[name]
    adapter = ADAPTERS[name]
    pool = [drawn(adapter.rows // 4, 5_000 + i, baseline) for i in range(160)]
    rng = np.random.default_rng(7)
    alarms = 0
    for i in range(2_000):
        chosen = [pool[k] for k in rng.choice(160, 4, replace=False)]
        state, look = monitor.step(state, reduce(Profile.merge, chosen), at(name, n + i))
        if worth(monitor, look) >= 1:
            alarms += 1
            state = monitor.reset(state, np.ones(len(monitor.streams), bool))
    assert alarms <= 1 + 2_000 * adapter.width / MONTH


HOSTILE = {
    "missing column": lambda t: t.drop_columns(["amount"]),
    "no column at all": lambda t: t.select(["fixed"]),
    "all missing": lambda t: changed("amount", lambda v: np.full(len(v), np.nan))(t),
    "constants": lambda t: changed("amount", lambda v: np.full(len(v), 10.0))(t),
    "infinities": lambda t: changed("amount", lambda v: np.where(v > 9, np.inf, -np.inf))(t),
    "huge": lambda t: changed("amount", lambda v: np.full(len(v), 1.7e308))(t),
    "new categories": lambda t: changed("country", lambda v: np.full(len(v), "XX"))(t),
    "another type": lambda t: changed("visits", lambda v: np.full(len(v), "many"))(t),
    "one row": lambda t: t.slice(0, 1),
}


@pytest.mark.filterwarnings("error")
@every_monitor
@pytest.mark.parametrize("what", HOSTILE)
def test_whatever_arrives_is_survived(what, name, baseline, learnt):
    monitor, state, n = learnt[name]
    profile = profiled(HOSTILE[what](table(ADAPTERS[name].rows, 90)), baseline)
    which = range(len(monitor.streams))
    for i in range(3):
        state, look = monitor.step(state, profile, at(name, n + i))
        assert np.isfinite(look.evidence).all()
        for said in monitor.tell(state, look, profile, which):
            assert said.verdict in VERDICTS
            assert said.reason or said.verdict == "calm"
            assert np.isfinite(said.evidence)


@every_monitor
def test_a_column_that_was_never_there_raises_no_alarm(name, baseline, learnt):
    monitor, state, n = learnt[name]
    profile = drawn(ADAPTERS[name].rows, 91, baseline)
    found = watched(name, monitor, [profile] * 20, state, n)
    void = [i for i, stream in enumerate(monitor.streams) if stream.column in ("void", "fixed")]
    for _, look in found:
        assert (look.evidence[void] * monitor.terms.weights[void] < monitor.terms.threshold).all()
