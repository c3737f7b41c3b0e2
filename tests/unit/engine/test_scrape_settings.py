"""Settings of servers to be looked at: what is refused and how it is said."""

import pytest

from vedette.core.errors import SettingsError
from vedette.engine.live import load_live

WHOLE = """
scrape:
  - url: http://127.0.0.1:8002/metrics
    models: {densenet: vision, bert: text}
    every: 15s
    keep: ["app_*"]
    bearer: {env: TOKEN}
  - {url: "https://host.example/metrics", model: fraud, engines: [vllm, node]}
"""


def test_servers_are_read():
    first, second = load_live(WHOLE, "file").scrape
    assert first.whose == ("vision", "text")
    assert first.every_ns == 15 * 10**9
    assert second.claim("anything") == ["fraud"]


def test_there_is_none_unless_named():
    assert load_live("models: {}", "file").scrape == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{url: 'ftp://h/m', model: a}", "http"),
        ("{url: 'http://u:p@h/m', model: a}", "user name"),
        ("{url: 'http://h/m'}", "has no model"),
        ("{url: 'http://h/m', model: 'a/b'}", "names no model"),
        ("{url: 'http://h/m', model: a, engines: [vlm]}", "did you mean 'vllm'"),
        ("{url: 'http://h/m', model: a, every: 1ms}", "too short"),
        ("{url: 'http://h/m', model: a, every: often}", "no length of time"),
        ("{url: 'http://h/m', model: a, evry: 1s}", "did you mean 'every'"),
        ("{model: a}", "url"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_sentence(text, words):
    with pytest.raises(SettingsError, match=words):
        load_live(f"scrape:\n  - {text}\n", "file 'vedette.yaml'")


def test_there_is_an_end_to_how_many():
    many = "\n".join(f"  - {{url: 'http://h{at}/m', model: a}}" for at in range(101))
    with pytest.raises(SettingsError, match="at most 100"):
        load_live(f"scrape:\n{many}\n", "file")
