"""What is kept of a window beside its profile, however many types of errors there are."""

import numpy as np

from vedette.core.windows import Window
from vedette.engine.paces import MOST, OTHER, errors_of, pace_entry, read_paces
from vedette.profiles.discovered import FAILED, OF_VERSION
from vedette.profiles.profile import Profile
from vedette.sketches.loglinear import LogLinear
from vedette.sketches.readings import Readings


def kept(at, errors, versions=()):
    types = {FAILED + name: Readings.times(n) for name, n in errors.items()}
    tails = {("latency_s", OF_VERSION + name): LogLinear.of(np.ones(1)) for name in versions}
    profile = Profile("", "", 999, metrics=types, tails=tails)
    return pace_entry("m", "base", Window(at, at + 1), profile)


def test_a_type_of_error_called_as_the_rest_is_counted_with_the_rest():
    types = {f"{FAILED}{OTHER}": Readings.times(2), f"{FAILED}Timeout": Readings.times(3)}
    every = {"error_type\n": Readings(9, 7.0, 0.0, 1.0)}
    assert errors_of(Profile("", "", 9, metrics=types | every)) == {"Timeout": 3, OTHER: 4}


def test_types_and_versions_that_are_made_up_for_every_event_are_read_in_bounded_memory():
    entries = [
        kept(at, {f"no user {at}-{k}": 1 for k in range(40)} | {"Timeout": 2, OTHER: 1},
             [f"{at}-{k}" for k in range(9)] + ["1"])
        for at in range(30)
    ]  # fmt: skip
    paces = read_paces(entries)
    assert len(paces.errors) == MOST
    assert paces.errors["Timeout"].tolist() == [2] * 30
    assert sum(paces.errors.values()).tolist() == [43] * 30  # nothing is lost
    assert len(paces.tails) == MOST
    assert ("latency_s", f"{OF_VERSION}1") in paces.tails
    assert [len(read_paces(entries[:2]).errors), len(read_paces(entries[:2]).tails)] == [82, 19]
