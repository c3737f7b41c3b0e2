"""Some columns of a packed profile: the same as all of it, restricted to them."""

import runpy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vedette as vd
from vedette.core.errors import StoreError
from vedette.core.windows import Window
from vedette.profiles.build import build
from vedette.profiles.codec import pack, unpack, unpack_columns
from vedette.profiles.profile import Profile

MADE = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[2] / "strategies.py")))
BASELINE = vd.Baseline.fit(
    MADE.settled(), segments=["shop"], score="score", label="label", time="at"
)
# Names that begin like one another, of every length class of MessagePack, and with odd letters.
NAMES = ("a", "ab", "a b", "a\x00", "A", "ä", "x" * 31, "x" * 32, "x" * 255, "x" * 256, "x" * 300)


def named() -> Profile:
    rng = np.random.default_rng(3)
    table = pa.table({name: rng.normal(size=60) for name in NAMES})
    table = table.append_column("part", pa.array(rng.choice(["p", "q"], 60)))
    baseline = vd.Baseline.fit(table, segments=["part"])
    return replace(vd.profile(table, baseline), window=Window(5, 10), version="7", model="m")


NAMED = named()
quick = settings(max_examples=40)


def restricted(profile: Profile, columns: set[str]) -> Profile:
    cells = {key: cell for key, cell in profile.cells.items() if key[0] in columns}
    return replace(profile, cells=cells, joints={})


def same(one: Profile, two: Profile) -> bool:
    return pack(one) == pack(two)


@quick
@given(MADE.rows, st.sets(st.sampled_from([*BASELINE.columns, "none", "am", "amount "])))
def test_some_columns_are_those_of_the_whole(rows: list, columns: set[str]):
    profile = build([MADE.batch(rows)], BASELINE)
    data = pack(profile)
    assert same(unpack_columns(data, columns), restricted(unpack(data), columns))


@quick
@given(st.sets(st.sampled_from([*NAMES, "", "b", "x" * 30, "x" * 299])))
def test_a_name_that_begins_like_another_is_not_it(columns: set[str]):
    data = pack(NAMED)
    found = unpack_columns(data, columns)
    assert set(found.columns) == columns & set(NAMES)
    assert same(found, restricted(NAMED, columns))
    assert (found.rows, found.window, found.version, found.model) == (60, Window(5, 10), "7", "m")


def test_no_column_gives_the_rows_alone():
    found = unpack_columns(pack(NAMED), ())
    assert (found.rows, found.cells, found.joints) == (60, {}, {})


@quick
@given(st.data())
def test_damaged_bytes_are_told_as_such(data: st.DataObject):
    whole = bytearray(pack(NAMED))
    columns = data.draw(st.sets(st.sampled_from(NAMES)))
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(StoreError):
        unpack_columns(bytes(whole[:cut]), columns)
    for _ in range(4):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        unpack_columns(bytes(whole), columns)
    except StoreError as error:
        assert "follow the format" in str(error)  # noqa: PT017 - a change may also do no harm


WRONG = {
    "empty": b"",
    "text": b"not a profile",
    "a number": msgspec.msgpack.encode(7),
    "a list": msgspec.msgpack.encode([]),
    "a mapping": msgspec.msgpack.encode({"rows": 1}),
    "too few parts": msgspec.msgpack.encode(["m", "v", "f", "b", None, 1]),
    "a cell cut short": msgspec.msgpack.encode(
        ["m", "v", "f", "b", None, 1, 0, [["a", "", 1, 0, 0, 0, None, None, None, None]], []]
    ),
    "cells of another kind": msgspec.msgpack.encode(["m", "v", "f", "b", None, 1, 0, 3, []]),
    "a window that ends first": msgspec.msgpack.encode(
        ["m", "v", "f", "b", [9, 3], 1, 0, [], []]
    ),
    "no text": msgspec.msgpack.encode(["m", "v", "f", "b", None, 1, 0, [], []])[:-1] + b"\xc1",
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_bytes_of_another_kind_are_told_as_such(name: str):
    with pytest.raises(StoreError, match="somewhere"):
        unpack_columns(WRONG[name], ["a"], where="somewhere")
    with pytest.raises(StoreError, match="somewhere"):
        unpack(WRONG[name], "somewhere")
