"""What an explanation says, on small plain inputs."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from vedette.engine.explained import Explanation
from vedette.engine.explanation import explain
from vedette.engine.facts import Facts, Moved
from vedette.profiles.binning import NominalBinning
from vedette.profiles.codes import code_count
from vedette.profiles.sample import Sample
from vedette.sketches.losses import Losses
from vedette.stats.weakest import Condition, Segment

NAMES = ("weather", "city")
BINNING = NominalBinning(("fair", "fog", "storm"), np.zeros(0, np.uint64))
WIDTH = code_count(BINNING)
RISK = np.array([0.05, 0.2, 0.4])
CALM, STORMY, OTHER = (0.6, 0.3, 0.1), (0.3, 0.3, 0.4), (0.2, 0.2, 0.6)


def rows(seed, n, weather=CALM, city=CALM, more=0.0):
    rng = np.random.default_rng(seed)
    codes = np.stack([rng.choice(3, n, p=weather), rng.choice(3, n, p=city)], 1)
    chance = RISK[codes[:, 0]] + more
    return codes, (rng.random(n) < chance).astype(float), chance


def sums(codes, loss):
    return {name: Losses.of(codes[:, j], loss, WIDTH) for j, name in enumerate(NAMES)}


def facts(labelled=True, auditor=True, sample=True, **drift):
    before, now = rows(1, 20_000), rows(2, 6_000, **drift)
    real = now if labelled else (now[0][:0], now[1][:0])
    one, two, three, four = (
        sums(before[0], before[1]),
        sums(real[0], real[1]),
        sums(before[0], before[2]),
        sums(now[0], RISK[now[0][:, 0]]),
    )
    return Facts(
        binnings=dict.fromkeys(NAMES, BINNING),
        realised={name: (one[name], two[name]) for name in NAMES},
        estimated={name: (three[name], four[name]) for name in NAMES} if auditor else {},
        sample=Sample.of(NAMES, *before) if sample else None,
        drifting=NAMES,
    )


def told(explanation):
    return [(one.kind, one.column, one.verdict) for one in explanation.causes]


@pytest.mark.parametrize("labelled", [True, False])
@pytest.mark.parametrize("sample", [True, False])
def test_the_drift_that_harms_comes_first_and_the_other_is_benign(labelled, sample):
    got = explain(facts(labelled, sample=sample, weather=STORMY, city=OTHER))
    assert told(got)[0] == ("column", "weather", "harmful")
    assert ("column", "city", "benign") in told(got)
    assert got.harm.verdict == "harmful"
    assert "Mostly the drift of weather" in got.statement
    assert "Harmless drift: city" in got.statement
    assert [one.words for one in got.causes[0].bins][:1] == ["weather = storm"]
    assert got.basis == ("realised" if labelled else "estimated")


@pytest.mark.parametrize("auditor", [True, False])
def test_the_same_rows_that_end_differently_are_concept_drift(auditor):
    got = explain(facts(auditor=auditor, more=0.1))
    assert told(got)[0] == ("outcomes", "", "harmful")
    assert "concept drift" in got.causes[0].statement
    assert {one.verdict for one in got.causes[1:]} == {"benign"}
    assert got.causes[0].low < 0.1 < got.causes[0].high


def test_with_labels_the_players_add_up_to_the_change():
    got = explain(facts(weather=STORMY, more=0.03))
    assert sum(one.effect for one in got.causes) == pytest.approx(got.after - got.before, abs=3e-3)


def test_harmless_drift_is_benign_altogether():
    got = explain(facts(city=OTHER))
    assert got.harm.verdict == "benign"
    assert {one.verdict for one in got.causes} == {"benign"}


def test_nothing_known_is_unknown_and_says_what_is_missing():
    got = explain(Facts(binnings={}))
    assert (got.harm.verdict, got.causes) == ("unknown", ())
    assert len(got.missing) == 4
    assert got.missing[0].startswith("No labels")


def test_an_estimate_that_is_not_trusted_calls_nothing_benign():
    lost = replace(facts(labelled=False, city=OTHER), distrust="labels left its interval")
    got = explain(lost)
    assert got.harm.verdict == "unknown"
    assert "labels left its interval" in got.harm.statement
    assert "Labels left its interval" in got.missing


@pytest.mark.parametrize("labelled", [True, False])
def test_rows_unlike_the_reference_make_a_column_unknown_until_labels_come(labelled):
    before, (codes, loss, _) = rows(1, 20_000), rows(2, 6_000)
    codes[:900, 1] = 3  # a category without a name in the reference
    one, two = sums(*before[:2]), sums(codes, loss)
    pairs = {name: (one[name], two[name]) for name in NAMES}
    known = {"realised": pairs} if labelled else {"estimated": pairs}
    got = explain(Facts(binnings=dict.fromkeys(NAMES, BINNING), drifting=("city",), **known))
    city = next(cause for cause in got.causes if cause.column == "city")
    assert city.verdict == ("benign" if labelled else "unknown")
    assert labelled or "never showed" in city.statement


def test_segments_are_told_in_words():
    segment = Segment((Condition("weather", 2, 2), Condition("city", 0, 0)), 312, 0.5, 0.4, 0.09,
                      0.05, 0.13, 1e-4, 12.0)  # fmt: skip
    got = explain(Facts(binnings=dict.fromkeys(NAMES, BINNING), segments=[segment]))
    assert got.segments[0].words == "weather = storm and city = fair"
    assert "9 points more than expected" in got.segments[0].statement


def test_a_better_interval_replaces_that_of_the_sums():
    wide = replace(
        facts(weather=STORMY),
        moved_realised=Moved(0.13, 0.22, -0.2, 0.38),
        drifting=("city",),  # of the weather, which does harm, the incident would be harmful
    )
    assert explain(wide).harm.verdict == "unknown"


def test_an_explanation_is_plain():
    got = explain(facts(weather=STORMY, city=OTHER))
    assert msgspec.json.decode(msgspec.json.encode(got), type=Explanation) == got


def test_sentences_are_whole():
    for drift in ({"weather": STORMY}, {"city": OTHER}, {"more": 0.2}, {}):
        for labelled in (True, False):
            got = explain(facts(labelled, **drift))
            for text in (got.statement, got.harm.statement, *(c.statement for c in got.causes)):
                assert text[0].isupper()
                assert [part for part in ("  ", " ,", "..", " nan", "None") if part in text] == []
