"""The same expressions on the same samples, evaluated here and by a real Prometheus.

The samples hold what goes wrong in practice: counters that begin anew, gaps longer than a sample
stands, series that come late and end early, values that are no numbers, histograms whose buckets
are not all there, labels that only some series have.
"""

import json
import math
from pathlib import Path

import msgspec
import numpy as np
import pytest
from tests.peers.prometheus import holding

from vedette.export.openmetrics import line
from vedette.export.promql.answer import instant, over_range
from vedette.export.promql.parsed import fits
from vedette.export.promql.values import QueryError, Samples

START = 1_793_527_200  # 2026-11-01T10:00:00Z, seconds
EVERY, COUNT = 30, 480  # four hours
END = START + EVERY * COUNT
EXPRESSIONS = [
    text.strip()
    for text in Path(__file__).with_name("promql").joinpath("expressions.txt").read_text(
        "utf-8").splitlines()
    if text.strip() and not text.startswith("#")
]  # fmt: skip
WRONG = [
    text.strip()
    for text in Path(__file__).with_name("promql").joinpath("wrong.txt").read_text(
        "utf-8").splitlines()
    if text.strip() and not text.startswith("#")
]  # fmt: skip


def samples():
    """Series by name and labels: seconds and values."""
    luck = np.random.default_rng(9)
    times = START + EVERY * np.arange(COUNT)
    found = []

    def add(name, kept, values, **labels):
        whole = dict(sorted({"__name__": name, **labels}.items()))
        found.append((whole, times[kept], np.asarray(values, float)[kept]))

    every = np.ones(COUNT, bool)
    gap = every.copy()
    gap[100:160] = False
    for job, instance, kept in (("api", "a", every), ("api", "b", gap), ("web", "c", every)):
        steps = luck.uniform(5, 35, COUNT)
        counter = np.cumsum(steps)
        counter[300:] -= counter[299] if instance == "c" else 0
        add("requests_total", kept, counter, job=job, instance=instance)
        add("limit", kept, np.full(COUNT, 900.0), job=job, instance=instance)
    late = np.arange(COUNT) > 250
    add("requests_total", late & (np.arange(COUNT) < 400), np.arange(COUNT) * 3, job="web",
        instance="d", zone="x")  # fmt: skip
    odd = luck.normal(0, 10, COUNT)
    odd[::37], odd[5::91], odd[7::83] = np.nan, np.inf, -np.inf
    add("odd", every, odd, job="api")
    for job in ("api", "web"):
        add("temperature", every, 20 + 5 * np.sin(np.arange(COUNT) / 40) + luck.normal(0, 1, COUNT),
            job=job, unit="C")  # fmt: skip
    for letter in "abcdefgh":
        add(
            "tied", every, luck.integers(0, 4, COUNT), letter=letter, half=str("aceg".count(letter))
        )
    add("team", every, np.ones(COUNT), job="api", team="red")
    add("team", every, np.ones(COUNT), job="web", team="blue")
    bounds = (0.1, 0.5, 1.0, 2.5, math.inf)
    for job in ("api", "web"):
        counts = np.cumsum(luck.poisson(5, (len(bounds), COUNT)), axis=0).cumsum(axis=1)
        for bound, own in zip(bounds, counts, strict=True):
            if (job, bound) != ("web", 0.5):
                le = "+Inf" if math.isinf(bound) else repr(bound)
                add("spent_seconds_bucket", every, own, job=job, le=le)
    return found


class Held:
    """The samples as a source of our own evaluation."""

    def __init__(self, found):
        own = (
            Samples(tuple(labels.items()), times * 1000, values, EVERY * 1000)
            for labels, times, values in found
        )
        self._found = sorted(own, key=lambda one: one.labels)  # as a store gives them

    def select(self, selector, start, end, held):
        return [one for one in self._found if fits(selector, dict(one.labels))]


@pytest.fixture(scope="module")
def held():
    return Held(samples())


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory):
    """A real Prometheus that holds the samples; how to ask it."""
    lines = []
    for labels, times, values in sorted(samples(), key=lambda one: one[0]["__name__"]):
        own = [pair for pair in labels.items() if pair[0] != "__name__"]
        lines += [
            f"{line(labels['__name__'], own, value)} {at}"
            for at, value in zip(times.tolist(), values.tolist(), strict=True)
        ]
    text = "\n".join([*lines, "# EOF\n"])
    with holding(text, tmp_path_factory.mktemp("prometheus")) as ask:
        yield ask


def plain(data):
    """An answer as labels, times and numbers."""
    if data["resultType"] in ("scalar", "string"):
        return [("", [data["result"]])]
    rows = [
        (json.dumps(one["metric"], sort_keys=True), one.get("values") or [one["value"]])
        for one in data["result"]
    ]
    return rows if data["resultType"] == "vector" else sorted(rows, key=lambda row: row[0])


def agree(ours, theirs, *, ordered=False):
    ours = msgspec.json.decode(msgspec.json.encode(ours))
    assert ours["resultType"] == theirs["resultType"]
    mine, others = plain(ours), plain(theirs)
    if not ordered:
        mine, others = (sorted(one, key=lambda row: row[0]) for one in (mine, others))
    assert [name for name, _ in mine] == [name for name, _ in others]
    for (name, own), (_, other) in zip(mine, others, strict=True):
        assert [at for at, _ in own] == pytest.approx([at for at, _ in other], abs=1e-6), name
        if ours["resultType"] == "string":
            assert own == other
            continue
        values, expected = ([float(value) for _, value in one] for one in (own, other))
        assert values == pytest.approx(expected, rel=1e-9, abs=1e-9, nan_ok=True), name


@pytest.mark.peer
@pytest.mark.parametrize("query", EXPRESSIONS)
def test_ranges_agree(prometheus, held, query):
    for start, end, step in ((START, END, 97), (START - 3600, START + 3600, 600)):
        asked = {"query": query, "start": str(start), "end": str(end), "step": str(step)}
        theirs = prometheus("query_range", **asked)
        if theirs["status"] == "error":
            with pytest.raises(QueryError) as caught:
                over_range(held, asked)
            assert caught.value.kind == theirs["errorType"]
            continue
        agree(over_range(held, asked), theirs["data"])


@pytest.mark.peer
@pytest.mark.parametrize("query", EXPRESSIONS)
def test_instants_agree(prometheus, held, query):
    for at in (START + 1800, START + 3900.5, END - 60):
        asked = {"query": query, "time": str(at)}
        theirs = prometheus("query", **asked)
        if theirs["status"] == "error":
            with pytest.raises(QueryError) as caught:
                instant(held, asked, 0)
            assert caught.value.kind == theirs["errorType"]
            continue
        ordered = query.startswith("sort")
        agree(instant(held, asked, 0), theirs["data"], ordered=ordered)


@pytest.mark.peer
@pytest.mark.parametrize("query", WRONG)
def test_what_is_wrong_there_is_wrong_here(prometheus, held, query):
    asked = {"query": query, "time": str(END - 600)}
    theirs = prometheus("query", **asked)
    assert theirs["status"] == "error"
    with pytest.raises(QueryError) as caught:
        instant(held, asked, 0)
    assert caught.value.kind == theirs["errorType"]
