"""What a sieve lets through."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.laws.test_stores import Hasty

from vedette.stores.local import sieve

HASHES = st.lists(st.integers(0, 2**64 - 1), max_size=80)


@given(held=HASHES, asked=HASHES, spread=st.sampled_from([1, 2**58, 2**32]))
def test_what_is_there_is_let_through(held: list[int], asked: list[int], spread: int) -> None:
    some = np.array([one // spread * spread for one in held], np.uint64)
    made = sieve.made(some)
    assert made.lets(some).all()
    others = np.array(asked, np.uint64)
    for one, let in zip(asked, made.lets(others).tolist(), strict=True):
        bits = (len(made.starts) - 1).bit_length() - 1 + 32
        assert let == (one >> (64 - bits) in {int(h) >> (64 - bits) for h in some})


def test_what_is_not_there_is_stopped() -> None:
    rng = np.random.default_rng(0)
    held, others = rng.integers(0, 2**64, (2, 300_000), np.uint64)
    made = sieve.made(held)
    assert made.lets(held).all()
    assert not made.lets(others).any()
    assert (made.starts.nbytes + made.rests.nbytes) / len(held) < 4.4


@pytest.mark.parametrize("count", [0, 1, 31, 32, 1000])
def test_a_sieve_comes_back_from_its_file(tmp_path: Path, count: int) -> None:
    held = np.random.default_rng(count).integers(0, 2**64, count, np.uint64)
    path = tmp_path / "7.parquet"
    size = sieve.write(Hasty(), path, held, 5)
    assert (tmp_path / "7.sieve").stat().st_size == size
    again = sieve.load(path, 5)
    assert again is not None
    assert again.lets(held).all()
    assert not again.lets(held + np.uint64(1 << 40)).any()
    assert sieve.load(path, 6) is None


def test_a_torn_or_flipped_sieve_is_none(tmp_path: Path) -> None:
    path = tmp_path / "7.parquet"
    assert sieve.load(path, 5) is None
    sieve.write(Hasty(), path, np.arange(100, dtype=np.uint64), 5)
    body = path.with_suffix(".sieve").read_bytes()
    flipped = bytes([*body[:60], body[60] ^ 1, *body[61:]])
    for bad in (b"", body[:10], body[:-4], body + b"0000", flipped, b"X" + body[1:]):
        path.with_suffix(".sieve").write_bytes(bad)
        assert sieve.load(path, 5) is None
