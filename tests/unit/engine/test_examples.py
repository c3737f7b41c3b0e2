"""Texts of neighbourhoods that grew, where they are asked for."""

import msgspec
import numpy as np
import pytest
from rich.console import Console

import vedette as vd
from vedette.report.terminal import render_terminal

TOPICS = {
    "parcel": ["where", "parcel", "courier", "tracking", "late", "depot", "van", "delivered"],
    "refund": ["refund", "money", "bank", "card", "charged", "twice", "invoice", "amount"],
    "login": ["password", "login", "locked", "account", "reset", "code", "mail", "device"],
}


def messages(shares, n=3_000, seed=0):
    rng = np.random.default_rng(seed)
    topics = rng.choice(list(TOPICS), n, p=shares)
    return {"message": [" ".join(rng.choice(TOPICS[t], 7)) + f" {i}" for i, t in enumerate(topics)]}


@pytest.fixture(scope="module")
def tables():
    return messages([0.45, 0.45, 0.1]), messages([0.35, 0.35, 0.3], seed=1)


def test_a_topic_that_grew_is_shown_by_its_texts(tables, tmp_path):
    result = vd.compare(*tables, examples=3)
    assert "message.neighbourhood" in {f.column for f in result.alarms}
    assert result.examples
    for one in result.examples:
        assert one.after > one.before
        assert 1 <= len(one.texts) <= 3
        for text in one.texts:
            assert set(text.split()[:-1]) <= set(TOPICS["login"])
    text = result.examples[0].texts[0]
    assert text in result.to_html(tmp_path / "r.html").read_text()
    with Console(record=True, width=120, force_terminal=False) as console:
        render_terminal(result.to_dict(), console)
    assert text in console.export_text()


def test_nobody_is_shown_without_being_asked(tables, tmp_path):
    result = vd.compare(*tables)
    assert result.examples == ()
    assert "examples" not in result.to_dict()
    page = result.to_html(tmp_path / "r.html").read_text()
    assert not any(text in page for text in tables[1]["message"])


def test_columns_that_hold_people_are_never_shown(tables):
    found = vd.compare(*tables, examples=3, columns={"message": {"role": "sensitive"}})
    assert "message.neighbourhood" in {f.column for f in found.alarms}
    assert found.examples == ()


def test_the_number_is_bounded(tables):
    with pytest.raises(vd.SettingsError, match="0 to 10"):
        vd.compare(*tables, examples=11)


def test_what_is_said_of_a_cosine_names_what_it_is(tables):
    german = {"message": [f"wo ist mein paket bitte {i}" for i in range(3_000)]}
    result = vd.compare(tables[0], german)
    told = next(f for f in result.alarms if f.column == "message.cosine" and f.component == "level")
    assert told.reason.startswith("`message.cosine` (cosine to the reference's mean) fell by ")
    assert msgspec.to_builtins(told)["unit"] == "sd"
