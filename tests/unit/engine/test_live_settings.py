"""Live settings: YAML in, one clear sentence out.

Owns: what is refused and how it is said.  Does not own: what settings do.
"""

import pytest

from vedette.core.durations import DAY, HOUR, MINUTE
from vedette.core.errors import SettingsError, VedetteError
from vedette.engine.live import load_live, make_live

WHOLE = """
min_effect: 0.1
segments: [country]
server: {port: 9000}
storage: {events: 7d, max_bytes: 1000}
channels:
  oncall: {webhook: "https://example.org/hook"}
routes:
  - {to: [oncall], models: ["fr*"], min_severity: warning}
models:
  fraud:
    budget: 2
    clocks: {base: 1min, fast: 5min, drift: 1h}
    baseline: {start: 2026-01-01T00:00:00Z, end: 2026-02-01T00:00:00Z}
    columns: {"*_amount": {min_effect: 0.2}}
"""


def test_a_whole_file_is_read():
    settings = load_live(WHOLE, "file 'vedette.yaml'")
    fraud = settings.of("fraud")
    assert fraud.budget == 2.0
    assert fraud.clocks.widths == (MINUTE, 5 * MINUTE, HOUR)
    assert fraud.min_effect == 0.1  # what stands at the top holds for every model
    assert fraud.segments == ("country",)
    assert fraud.effects(("tax_amount", "age")) == {"tax_amount": 0.2}
    assert settings.of("another").min_effect == 0.1
    assert settings.storage.age_ns("events") == 7 * DAY
    start, end = fraud.baseline.range_ns
    assert end - start == 31 * DAY


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("model: {}", ("line 1", "'model'", "did you mean 'models'")),
        ("models:\n  fraud:\n    bugdet: 1", ("line 3", "'bugdet'", "'budget'", "models.fraud")),
        ("models:\n  a: {clocks: {drfit: 1h}}", ("'drfit'", "did you mean 'drift'")),
        ("models: {a: {budget: 0}}", ("budget", "above 0")),
        ("models: {a: {budget: lots}}", ("budget", "must be a number")),
        ("models: {a: {period: soon}}", ("period", "'soon'", "like 90s")),
        ("models: {a: {clocks: {fast: 7min}}}", ("drift is no whole number",)),
        ("models: {a: {clocks: {base: 1ms, fast: 1s}}}", ("base is below a second",)),
        ("models: {a: {clocks: {drift: 7h}}}", ("does not divide a day",)),
        ("models: {a: {baseline: {start: 2026-01-01}}}", ("needs start and end",)),
        ("models: {a: {baseline: {file: x, start: '2026', end: '2027'}}}", ("one of them",)),
        ("models: {a: {without: [shfit]}}", ("'shfit'", "did you mean 'shift'", "rates, volume")),
        ("models: {a: {importance: {x: 0}}}", ("importance", "'x'", "above 0")),
        ("models: {a: {importance: {x: .inf}}}", ("importance", "'x'", "above 0")),
        ("models: {a: {importance: {x: .nan}}}", ("importance", "'x'", "above 0")),
        ("models: {a: {importance: {x: much}}}", ("importance", "must be a number")),
        ("models:\n  a: {off: [shift]}", ("line 2", "'off' as true or false", "quote the key")),
        ("models: {a: {importance: {no: 2}}}", ("'no'", 'quote the key: "no"')),
        ("models: {1: {}}", ("'1' as a number", "quote the key")),
        ("models: [a]", ("models must be a mapping",)),
        ("server: {port: 99999}", ("port is out of range",)),
        ("routes: [{to: [nobody]}]", ("'nobody'", "there is no channel")),
        ("storage: {events: never}", ("storage, events", "'never'")),
        ("channels: {c: {webhok: 'https://example.org'}}", ("webhok",)),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(text: str, words: tuple[str, ...]):
    with pytest.raises(VedetteError) as caught:
        load_live(text, "file 'v.yaml'")
    said = str(caught.value)
    assert "\n" not in said
    for word in words:
        assert word in said, said


def test_the_file_of_a_server_serves_comparisons_too():
    from vedette.engine.settings import load_settings

    given = load_settings(WHOLE, "file 'vedette.yaml'")
    assert given == {"min_effect": 0.1, "segments": ["country"]}


def test_wildcards_hold_for_models_without_an_entry():
    settings = make_live({"models": {"*": {"budget": 3}, "eu-*": {"budget": 2}, "eu-1": {}}})
    assert settings.of("us").budget == 3.0
    assert settings.of("eu-2").budget == 2.0
    assert settings.of("eu-1").budget == 1.0
    assert isinstance(settings.of("x"), type(settings.of("y")))


def test_errors_are_of_the_operator():
    with pytest.raises(SettingsError):
        make_live({"models": {"a": {"clocks": {"drift": "x"}}}})
