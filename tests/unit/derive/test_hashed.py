"""Texts as vectors of hashed words."""

import numpy as np
import pyarrow as pa
import pytest

from vedette.derive import hashed as module
from vedette.derive.hashed import DIMENSION, hashed


def vectors(*texts):
    return hashed(pa.array(list(texts), pa.string()))


def alike(one, two):
    a, b = vectors(one, two)
    return np.array_equal(a, b)


def test_order_case_punctuation_and_the_digits_of_numbers_say_nothing():
    assert alike("Refund my order, please!", "please: ORDER my refund")
    assert alike("order 12345 is late", "order 98765 is late")
    assert not alike("order 12345 is late", "order 123 is late")
    assert not alike("refund my order", "refund my parcel")


def test_a_word_counts_once_wherever_it_stands():
    (word,), (line,) = vectors("parcel"), vectors("parcel parcel parcel parcel")
    assert np.abs(word).sum() == 1
    assert np.array_equal(line, word * 2), "the root of four"


def test_words_do_not_reach_over_the_end_of_a_text():
    assert np.array_equal(vectors("ab", "cd")[0], vectors("ab")[0])
    assert np.array_equal(vectors("ab", "", None, "cd")[3], vectors("cd")[0])
    assert not vectors("", None, "?! .").any()


def test_scripts_without_spaces_are_told_apart_by_their_signs():
    one, two = vectors("退款申请尚未处理", "退款申请已经处理")
    share = one @ two / (np.linalg.norm(one) * np.linalg.norm(two))
    assert 0.2 < share < 0.95, "some signs are the same, some are not"


def test_blocks_change_nothing(monkeypatch):
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("ab c7É"), rng.integers(0, 60))) for _ in range(200)]
    whole = vectors(*texts)
    for size in (1, 64, 1 << 20):
        monkeypatch.setattr(module, "BLOCK", size)
        assert np.array_equal(vectors(*texts), whole)
    assert np.array_equal(hashed(pa.array(["x", *texts]).slice(1)), whole)


def test_places_are_even_and_signs_as_well():
    words = [
        f"w{chr(97 + i % 26)}{chr(97 + i // 26 % 26)}{chr(97 + i // 676)}" for i in range(9000)
    ]
    made = vectors(*words)
    assert np.abs(made).sum(axis=0) == pytest.approx(9000 / DIMENSION, rel=0.6)
    assert abs(made.sum()) < 4 * np.sqrt(9000)


def test_the_end_of_an_endless_text_is_not_read():
    assert alike("start " + "x " * 5_000, "start " + "x " * 5_000 + "end")
