import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.engine import lookup
from vedette.engine.lookup import BASE, INVERSE, TEXT, Lookup, digests


def test_the_base_has_an_inverse():
    assert int(BASE) * int(INVERSE) % 2**64 == 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=5), unique=True, max_size=40), st.lists(st.text(max_size=5)))
def test_places_are_those_of_a_dictionary(known, asked):
    want = {text: place for place, text in enumerate(known)}
    found = Lookup(pa.array(known, TEXT)).places(pa.array([*asked, *known], TEXT))
    assert found.tolist() == [want.get(text, -1) for text in [*asked, *known]]


def test_texts_that_share_a_digest_are_told_apart(monkeypatch):
    monkeypatch.setattr(
        lookup, "digests", lambda t: np.array([len(x) for x in t.to_pylist()], "u8")
    )
    known = ["aa", "b", "cc", "dd", "e", "fff"]
    found = Lookup(pa.array(known, TEXT)).places(pa.array(["dd", "zz", "fff", "e", "ffff"], TEXT))
    assert found.tolist() == [3, -1, 5, 4, -1]


@pytest.mark.parametrize("size", [1, 7, 64])
def test_digests_do_not_depend_on_blocks_or_slices(monkeypatch, size):
    texts = pa.array([*map(str, range(300)), "", "\0", "\0\0", "x" * 500], TEXT)
    want = digests(texts)
    assert len(np.unique(want)) == len(texts)
    assert digests(texts.slice(120, 90)).tolist() == want[120:210].tolist()
    monkeypatch.setattr(lookup, "BLOCK", size)
    assert digests(texts).tolist() == want.tolist()


def test_nothing_is_found_among_nothing():
    assert Lookup(pa.array([], TEXT)).places(pa.array(["a"], TEXT)).tolist() == [-1]
    assert Lookup(pa.array(["a"], TEXT)).places(pa.array([], TEXT)).tolist() == []
