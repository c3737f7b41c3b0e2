"""Series over time from what the state keeps: counters only grow, silence is a flat line, sums
agree with the rows that were counted, and what is kept in coarser windows goes on where finer ones
are forgotten."""

from pathlib import Path
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest

from vedette.alerts.incident import Incident
from vedette.core.windows import Window
from vedette.engine.courses import course_bytes
from vedette.engine.outputs import Charted
from vedette.engine.paces import pace_entry
from vedette.export.series.book import Book
from vedette.export.series.families import FAMILY_OF
from vedette.export.series.spent import BOUNDS
from vedette.monitors.monitor import Course
from vedette.monitors.series import share_key
from vedette.profiles.profile import Profile
from vedette.sketches.loglinear import LogLinear
from vedette.sketches.readings import Readings
from vedette.stores.memory import MemoryState
from vedette.stores.store import Entry

MINUTE, HOUR = 60 * 10**9, 3600 * 10**9


def pace(at, values=(), width=MINUTE, rows=None, clock="base", late=0):
    tails = {("latency_s", ""): LogLinear.of(np.asarray(values, float))} if len(values) else {}
    n = len(values) if rows is None else rows
    window = Window(at, at + width)
    return pace_entry("m", clock, window, Profile("f", "b", n, late_rows=late, tails=tails))


def state(*entries):
    store = MemoryState()
    store.commit([Entry("model", "m", "counts", 0, b"{}"), *entries])
    return store


def found(book, name, end=10 * HOUR, start=0, **labels):
    return [
        one
        for one in book.series(start, end, lambda own: own == name)
        if labels.items() <= dict(one.labels).items()
    ]


def test_a_counter_begins_at_nothing_and_is_flat_over_silence():
    book = Book(state(pace(0, rows=3), pace(3 * MINUTE, rows=4)))
    (events,) = found(book, "vedette_events_total")
    assert (events.times // MINUTE).tolist() == [0, 1, 2, 3, 4]
    assert events.values.tolist() == [0, 3, 3, 3, 7]


def test_silence_lasts_as_long_as_the_model_was_looked_at():
    seen = SimpleNamespace(late_rows=0, seen_until=6 * MINUTE)
    (events,) = found(Book(state(pace(0, rows=3)), lambda _: seen), "vedette_events_total")
    assert events.values.tolist() == [0, *[3] * 6]


def test_what_ends_later_is_added_to_what_was_read():
    store = state(pace(0, [0.5], rows=1))
    book = Book(store)
    assert found(book, "vedette_events_total")[0].values.tolist() == [0, 1]
    store.commit([pace(MINUTE, [0.1, 2.0])])
    assert found(book, "vedette_events_total")[0].values.tolist() == [0, 1, 3]
    buckets = found(book, "vedette_latency_seconds_bucket", le="1.0")
    assert [one.values.tolist() for one in buckets] == [[0, 1, 2]]
    whole = found(Book(store), "vedette_latency_seconds_sum")[0]
    assert found(book, "vedette_latency_seconds_sum")[0].values.tolist() == whole.values.tolist()


def test_late_rows_are_in_the_windows_that_they_belong_to():
    store = state(pace(0, rows=3), pace(MINUTE, rows=1))
    seen = SimpleNamespace(late_rows=0, seen_until=None)
    book = Book(store, lambda _: seen)
    found(book, "vedette_events_total")
    store.commit([pace(0, rows=5, late=2)])
    seen.late_rows = 2
    assert found(book, "vedette_events_total")[0].values.tolist() == [0, 5, 6]
    assert found(book, "vedette_late_events_total")[0].values.tolist() == [0, 2, 2]


@pytest.mark.parametrize("first", [0, 60, 75, 119])
def test_wide_windows_tell_what_small_ones_are_forgotten(first):
    """Three hours of a row a minute; of the first `first` minutes only the hours are left."""
    small = [pace(at * MINUTE, rows=1) for at in range(first, 180)]
    wide = [pace(at * HOUR, rows=60, width=HOUR, clock="drift") for at in range(3)]
    (events,) = found(Book(state(*small, *wide)), "vedette_events_total")
    at = dict(zip((events.times // MINUTE).tolist(), events.values.tolist(), strict=True))
    assert at[0] == 0
    assert at[180] == 180
    assert at[130] == 130
    assert at[60] == 60
    assert np.all(np.diff(events.values) >= 0)


def test_buckets_count_what_lies_below_and_the_sum_is_near():
    values = np.random.default_rng(0).lognormal(-2, 2, 5000)
    values[:7] = 0.0
    book = Book(state(pace(0, values[:2000]), pace(MINUTE, values[2000:])))
    for bound in BOUNDS:
        (one,) = found(book, "vedette_latency_seconds_bucket", le=repr(bound))
        assert (values <= bound / 1.016).sum() <= one.values[-1] <= (values <= bound).sum()
    (every,) = found(book, "vedette_latency_seconds_bucket", le="+Inf")
    (count,) = found(book, "vedette_latency_seconds_count")
    (total,) = found(book, "vedette_latency_seconds_sum")
    assert every.values.tolist() == count.values.tolist() == [0, 2000, 5000]
    assert total.values[-1] == pytest.approx(values.sum(), rel=0.008)


def test_quantiles_are_those_of_their_window():
    values = np.linspace(0.1, 1, 1000)
    book = Book(state(pace(0, values), pace(2 * MINUTE, 10 * values)))
    (one,) = found(book, "vedette_latency_quantile_seconds", q="0.95")
    assert (one.times // MINUTE).tolist() == [1, 3]
    assert one.values == pytest.approx([0.955, 9.55], rel=0.008)


def test_readings_have_the_labels_of_their_names_and_say_nothing_where_nothing_was():
    def charted(at, *values):
        names, n = ("queue{pool=a}", "queue{pool=b}"), len(values)
        parts = [np.array(values, float), *(np.full(n, k) for k in (1.0, 0.5, 2.0, 0.1))]
        course = Course(names, names, *parts, np.array([1, 0], np.int8))
        made = Charted("fast", Window(at, at + MINUTE), course)
        return Entry("series", "m", f"fast/{at}", at, course_bytes(made))

    book = Book(state(charted(0, 3.0, np.nan), charted(MINUTE, 4.0, 9.0)))
    first, second = found(book, "vedette_reading", metric="queue")
    assert dict(first.labels)["pool"] == "a"
    assert (first.values.tolist(), second.values.tolist()) == ([3, 4], [9])
    (expected,) = found(book, "vedette_reading_expected")  # of the other too little is known
    assert dict(expected.labels)["pool"] == "a"


def test_incidents_count_from_when_they_are_known_until_they_are_over():
    def incident(name, opened, closed=None, severity="warning"):
        one = Incident(
            id=name, model="m", state="open" if closed is None else "resolved", severity=severity,
            axis="drift", title="", onset=0, opened=opened, closed=closed,
            streams=(("shift", "x", ""),),
        )  # fmt: skip
        return Entry("incident", "m", name, opened, msgspec.json.encode(one))

    store = state(
        *(pace(at * MINUTE, rows=1) for at in range(4)),
        incident("a", MINUTE, 3 * MINUTE), incident("b", 2 * MINUTE),
    )  # fmt: skip
    (warnings,) = found(Book(store), "vedette_open_incidents", severity="warning")
    assert warnings.values.tolist() == [0, 1, 2, 1, 1]
    first, second = found(Book(store), "vedette_incident", column="x")
    assert (first.times // MINUTE).tolist() == [1, 2]
    assert (second.times // MINUTE).tolist() == [2, 3, 4]


def test_every_series_is_of_a_family_and_has_its_labels():
    book = Book(state(pace(0, [0.1], rows=1)))
    for one in book.series(0, HOUR):
        family, names = FAMILY_OF[one.name], dict(one.labels).keys()
        beside = {"le"} if one.name.endswith("_bucket") else set()
        assert names <= {"model", *family.labels, *beside}


def test_the_page_lists_every_family():
    page = Path(__file__).parents[4] / "docs" / "prometheus.md"
    rows = set(page.read_text("utf-8").splitlines())
    for own in FAMILY_OF.values():
        name = own.name if own.kind == "histogram" else own.names[0]
        labels = ", ".join(f"`{label}`" for label in own.labels)
        assert f"| `{name}` | {own.kind} | {labels} | {own.help} |" in rows


def test_rare_types_of_errors_are_told_as_one():
    kinds = {share_key("error_type", f"E{k:02}"): Readings(90, 90.0 - k, 0, 1) for k in range(40)}
    window = Window(0, MINUTE)
    entry = pace_entry("m", "base", window, Profile("f", "b", 90, metrics=kinds))
    told = {dict(one.labels)["error_type"]: one.values[-1]
            for one in found(Book(state(entry)), "vedette_failed_events_total")}  # fmt: skip
    assert len(told) == 21
    assert told["E00"] == 90
    assert told["other"] == sum(90 - k for k in range(20, 40))
