"""Cubes of many windows, added up from their bytes: the same as one cube of all rows."""

from dataclasses import fields

import numpy as np
import pytest

from vedette.core.windows import Window
from vedette.profiles.codec import pack
from vedette.profiles.codec_sums import cube_parts
from vedette.profiles.cube_sums import group_sums, labels_come, shape_of, whole_cube
from vedette.profiles.grading import Grading
from vedette.profiles.groups import Grouping, Groups
from vedette.profiles.profile import Profile
from vedette.sketches.cube import Cube
from vedette.stats.fairness.tally import Tally

GROUPS = (Groups(("race",), (("a",), ("b",))), Groups(("sex",), (("f",), ("m",), ("x",))))
EDGES = np.linspace(0, 1, 9)
BINARY = Grading("binary", None, ("score",), classes=("no", "yes"), edges=(EDGES,))
MANY = Grading("multiclass", "said", classes=("u", "v", "w", "other"))
WINDOWS, ROWS = 7, 90


def windows(grouping: Grouping) -> list[dict[str, Cube]]:
    rng = np.random.default_rng(5)
    decisions, labels, bins = grouping.shape
    found = []
    for _ in range(WINDOWS):
        said, known = rng.integers(0, decisions, ROWS), rng.integers(-1, labels, ROWS)
        places = rng.integers(0, bins, ROWS)
        scores = np.where(places < bins - 1, rng.random(ROWS), 0.0)
        found.append({
            one.key: Cube.of(rng.integers(0, len(one), ROWS), said, known, places, scores,
                             (len(one), decisions, labels, bins))
            for one in grouping.sets
        })  # fmt: skip
    return found


def packed(cubes: dict[str, Cube], at: int = 0) -> bytes:
    profile = Profile("s", "binning", 0, {}, {}, Window(at, at + 1), 0, "m", "", cubes=cubes)
    return pack(profile, small=True)


def merged(cubes: list[Cube]) -> Cube:
    total = cubes[0]
    for one in cubes[1:]:
        total = total.merge(one)
    return total


@pytest.mark.parametrize("positive", [0, 1])
@pytest.mark.parametrize("grading", [BINARY, MANY], ids=["binary", "many"])
def test_steps_tally_as_the_cubes_themselves(grading: Grading, positive: int):
    grouping = Grouping(grading, GROUPS, positive=positive)
    every = windows(grouping)
    parts = [
        (at // 3, at % 2 == 0, part)
        for at, cubes in enumerate(every)
        for part in cube_parts(packed({k: c.unbinned() for k, c in cubes.items()}), "binning")
    ]
    found = group_sums(parts, grouping, 3)
    for key, sums in found.items():
        for mature, chosen in ((False, range(WINDOWS)), (True, range(0, WINDOWS, 2))):
            whole = merged([every[at][key] for at in chosen])
            wanted = Tally.of(whole.counts, whole.scores, positive)
            told = sums.tally(mature=mature)
            for field in fields(Tally):
                if grading is BINARY or field.name in ("rows", "selected", "tp", "fn", "right"):
                    np.testing.assert_allclose(
                        getattr(told, field.name), getattr(wanted, field.name), atol=1e-9
                    )
        last = merged([every[6][key]])
        assert sums.tally(2).rows.tolist() == last.counts.sum(axis=(1, 2, 3)).tolist()
        assert sums.rows().sum() == WINDOWS * ROWS


def test_all_bins_of_a_stretch():
    grouping = Grouping(BINARY, GROUPS)
    every = windows(grouping)
    parts = [part for cubes in every for part in cube_parts(packed(cubes), "binning")]
    for one in GROUPS:
        own = [part for part in parts if part.key == one.key]
        found = whole_cube(own, shape_of(grouping, len(one), binned=True))
        wanted = merged([cubes[one.key] for cubes in every])
        assert found.counts.tolist() == wanted.counts.tolist()
        np.testing.assert_allclose(found.scores, wanted.scores)
    assert whole_cube([], (2, 2, 3, 4)).rows == 0


def test_rows_and_labels_of_every_window():
    grouping = Grouping(BINARY, GROUPS)
    every = windows(grouping)
    parts = [cube_parts(packed(cubes), "binning")[0] for cubes in every]
    found = labels_come(parts)
    assert found[:, 0].tolist() == [ROWS] * WINDOWS
    known = [int(cubes["race"].counts[:, :, :-1].sum()) for cubes in every]
    assert found[:, 1].tolist() == known
    assert labels_come([]).shape == (0, 2)


def test_another_binning_and_another_shape_are_left_out():
    grouping = Grouping(BINARY, GROUPS)
    cubes = windows(grouping)[0]
    assert cube_parts(packed(cubes), "another") == []
    parts = [(0, True, part) for part in cube_parts(packed(cubes), "binning")]  # with all bins
    assert all(not sums.counts.any() for sums in group_sums(parts, grouping, 1).values())
