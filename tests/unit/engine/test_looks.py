"""Looks as bytes and back, one by one and many at once."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from vedette.core.windows import Window
from vedette.engine.looks import look_bytes, read_look, read_looks
from vedette.engine.outputs import Looked
from vedette.monitors.monitor import Stream
from vedette.stores.store import Entry

STREAMS = [
    Stream(monitor, column, segment)
    for monitor, column in (("shift", "a"), ("shift", "ab"), ("rates", "a"), ("volume", ""))
    for segment in ("", "where=x")
]
shares = st.floats(0, 1, width=32)
evidences = st.floats(0, 1e308) | st.sampled_from([0.0, float("inf")])
# What never varied may be further off than a float32 can say.
effects = st.floats(-50, 50, width=32) | st.sampled_from([float("nan"), 1e60, -1e60])


@st.composite
def looked(draw: st.DrawFn, at: int) -> Looked:
    """A look at one window by any of the streams, in any order."""
    streams = draw(st.lists(st.sampled_from(STREAMS), unique=True))
    n = len(streams)
    weights, evidence, effect = (
        draw(hnp.arrays(float, n, elements=one)) for one in (shares, evidences, effects)
    )
    total = draw(st.floats(0, 1e308) | st.just(float("inf")))
    window = Window(at * 100, at * 100 + 100)
    bar, rows = draw(st.floats(1, 1e6)), draw(st.integers(0, 2**40))
    return Looked("drift", window, tuple(streams), weights, evidence, effect, total, bar, rows)


@st.composite
def stories(draw: st.DrawFn) -> list[Looked]:
    """Looks one behind the other; streams come and go."""
    return [draw(looked(at)) for at in range(draw(st.integers(0, 6)))]


@given(stories())
def test_many_at_once_are_the_single_ones(looks: list[Looked]):
    bodies = [look_bytes(look) for look in looks]
    entries = [
        Entry("look", "m", f"drift/{look.window.start}", look.window.start, body)
        for look, body in zip(looks, bodies, strict=True)
    ]
    found = read_looks(entries)
    assert len(set(found.streams)) == len(found.streams)
    assert set(found.streams) == {(s.monitor, s.column, s.segment)
                                  for look in looks for s in look.streams}  # fmt: skip
    assert found.part.shape == found.effect.shape == (len(looks), len(found.streams))
    for row, single in enumerate(map(read_look, bodies)):
        window = single["window"]
        assert (found.starts[row], found.ends[row]) == (window.start, window.end)
        assert found.rows[row] == single["rows"]
        assert (found.total[row], found.threshold[row]) == (single["total"], single["threshold"])
        part = single["weights"] * single["evidence"] / np.float32(single["threshold"])
        own = {tuple(key): at for at, key in enumerate(single["streams"])}
        for place, key in enumerate(found.streams):
            if key in own:
                np.testing.assert_equal(found.effect[row, place], single["effect"][own[key]])
                np.testing.assert_allclose(
                    found.part[row, place], part[own[key]], rtol=1e-5, atol=1e-37
                )
            else:
                assert np.isnan(found.part[row, place])
                assert np.isnan(found.effect[row, place])


@given(looked(3))
def test_a_look_comes_back(look: Looked):
    found = read_look(look_bytes(look))
    assert found["clock"] == look.clock
    assert found["window"] == look.window
    assert [tuple(key) for key in found["streams"]] == [
        (s.monitor, s.column, s.segment) for s in look.streams
    ]
    np.testing.assert_array_equal(found["effect"], np.clip(look.effect, -3e38, 3e38).astype("<f4"))
    np.testing.assert_allclose(
        found["evidence"], np.minimum(look.evidence, 3e38), rtol=1e-6, atol=1e-37
    )
    assert np.isfinite(found["evidence"]).all()
    assert found["total"] == min(look.total, 1e300)


@given(stories(), st.data())
def test_some_looks_are_taken(looks: list[Looked], data: st.DataObject):
    entries = [Entry("look", "m", str(at), at, look_bytes(o)) for at, o in enumerate(looks)]
    found = read_looks(entries)
    at = np.array(
        data.draw(st.lists(st.integers(0, len(looks) - 1)) if looks else st.just([])), int
    )
    taken = found.taken(at)
    assert taken.streams == found.streams
    for name in ("starts", "ends", "part", "effect", "total", "threshold", "rows"):
        np.testing.assert_array_equal(getattr(taken, name), getattr(found, name)[at])
