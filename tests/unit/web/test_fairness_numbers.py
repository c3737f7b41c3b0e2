"""A model that decides nothing: its groups are told by their numbers alone.

Owns: what the API, the page and the charts tell of such a model, and to whom.  Does not own:
numbers beside rates (`test_fairness`, `test_fairness_few`), their figures
(`tests/unit/engine/audit`).
"""

from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pytest
from tests.labelled_story import BEGIN, SHOP, settings
from tests.story import Story, hour_of, served
from tests.traffic import HOUR, MINUTE, SECOND, Live
from tests.unit.web.test_fairness import SECRET, fits
from tests.unit.web.test_performance import Ask, asking, stretch, text_of

from vedette.stores.store import EVENTS, TICK, Record
from vedette.web.keys import entry_of, make_key

API, PAGE = f"/api/v1/models/{SHOP}", f"/models/{SHOP}/fairness"
WARM, END = BEGIN + 24 * HOUR, BEGIN + 30 * HOUR
FEW = 1  # rows an hour of one country that have numbers, in the last hours
SPARSE = END - 3 * HOUR


class Watched(NamedTuple):
    """A model with what it was sent, asked with a key to read, and with one of all."""

    rows: pa.Table
    read: Ask
    admin: Ask


def sent(start: int) -> pa.RecordBatch:
    """No score; French requests take longer once all is learnt, phones are refused more often; at
    last hardly any Italian row has a number."""
    rows, rng = hour_of(start), np.random.default_rng([7, start // HOUR])
    country = np.array(rows["country"].to_pylist())
    device = rng.choice(["phone", "desk"], rows.num_rows)
    took = rows["took_s"].to_numpy() + np.where((country == "fr") & (start >= WARM), 0.05, 0.0)
    refused = rng.random(rows.num_rows) < np.where((device == "phone") & (start >= WARM), 0.5, 0.1)
    italian = country == "it"
    gone = italian & (np.cumsum(italian) > FEW) & (start >= SPARSE)
    kept = {name: rows[name] for name in rows.schema.names if name != "score"}
    new = {"took_s": pa.array(took, mask=gone), "refused": pa.array(refused, mask=gone)}
    return pa.record_batch({**kept, "device": pa.array(device), **new})


@pytest.fixture(scope="module")
def model() -> Iterator[Watched]:
    arrived = []
    for start in range(BEGIN, END, HOUR):
        arrived.append(Record(EVENTS, SHOP, start + HOUR + SECOND, sent(start)))
        arrived.append(Record(TICK, "", start + HOUR + MINUTE))
    own = {
        "fairness": {"groups": ["country"], "measures": ["took_s", "refused"]},
        "columns": {"device": {"role": "sensitive"}},
    }
    live = Live(settings(segments=[], **own)).feed(arrived)
    live.runner.commit(END, force=True)
    rows = pa.Table.from_batches([one.rows for one in arrived if one.kind == EVENTS])
    service = served(Story(live, rows, frozenset()), END)
    get = asking(service)
    texts, entries = {}, []
    for number, scope in enumerate(("read", "admin")):
        texts[scope], key = make_key(bytes([number] * 6), SECRET, scopes=[scope], made=1)
        entries.append(entry_of(key))

    def of(scope: str) -> Ask:
        head = {"authorization": f"Bearer {texts[scope]}"}
        return lambda path, **query: get(path, headers=head, **query)

    service.store.commit(entries)
    yield Watched(rows, of("read"), of("admin"))
    service.stop()


def between(model: Watched, start: int, end: int) -> pa.Table:
    times = model.rows["_time"].cast(pa.int64()).to_numpy()
    return model.rows.filter((times >= start) & (times < end))


def test_numbers_and_sizes_are_those_of_the_rows(model: Watched) -> None:
    found = fits(model.admin(f"{API}/fairness", groups="country", **stretch(WARM, SPARSE)))
    rows = between(model, WARM, SPARSE)
    country, took = np.array(rows["country"].to_pylist()), rows["took_s"].to_numpy()
    members = {one["group"]: one["rows"] for one in found["members"]}
    assert found["rows"] == rows.num_rows
    before = between(model, BEGIN, WARM)
    was, once = np.array(before["country"].to_pylist()), before["took_s"].to_numpy()
    told = [one for one in found["measures"] if one["measure"] == "took_s"]
    assert {one["group"] for one in told} == {f"country={name}" for name in ("de", "fr", "it")}
    for one in told:
        name = one["group"].removeprefix("country=")
        own = country == name
        assert members[one["group"]] == one["n"] == own.sum()
        assert one["mean"] == pytest.approx(took[own].mean())
        assert one["other"] == pytest.approx(took[~own].mean())
        assert one["difference_low"] < one["difference"] < one["difference_high"]
        assert one["reference"] == pytest.approx(once[was == name].mean())


def test_nothing_is_said_of_rates(model: Watched) -> None:
    found = fits(model.admin(f"{API}/fairness", metric="accuracy", group="country=de"))
    assert found["metric"] is found["positive"] is found["group"] is None
    for part in ("rates", "four_fifths", "calibration", "scores", "steps"):
        assert found[part] == []
    assert found["labels"]["by_group"] == []
    assert "only their numbers" in found["reason"]
    for chart in ("groups", "gap"):
        assert "only their numbers" in model.admin(f"{API}/charts/{chart}.json").json()["empty"]
    refused = model.admin(f"{API}/fairness", against="country=de")
    assert (refused.status_code, refused.json()["error"]["field"]) == (400, "against")


@pytest.mark.parametrize(
    ("key", "group", "measure"),
    [("country", "country=fr", "took_s"), ("device", "device=phone", "refused")],
)
def test_the_answer_is_about_numbers_and_notable_at_most(
    model: Watched, key: str, group: str, measure: str
) -> None:
    query = {"groups": key, **stretch(WARM, SPARSE)}
    found = fits(model.admin(f"{API}/fairness", **query))
    assert found["verdict"] == "notable"
    assert f"`{measure}`" in found["statement"]
    assert key in found["statement"]
    [row] = [r for r in found["measures"] if (r["group"], r["measure"]) == (group, measure)]
    assert row["verdict"] in ("notable", "alarming")
    page = text_of(model.admin(PAGE, **query))
    for said in ("Probably not.", "only their numbers", "Numbers by group"):
        assert said in page
    for absent in ("counts as selected", "Every metric", "Four fifths", "Scores by group"):
        assert absent not in page


def test_a_time_of_no_rows_is_not_called_calm(model: Watched) -> None:
    found = fits(model.admin(f"{API}/fairness", groups="country", **stretch(BEGIN, WARM)))
    assert found["measures"] == []  # rows from before the baseline are not counted by group
    assert found["verdict"] == "unknown"
    assert found["statement"] == "No row of this time is kept."


def test_a_group_of_few_numbers_is_not_shown_nor_what_gives_it_away(model: Watched) -> None:
    found = fits(model.admin(f"{API}/fairness", groups="country", **stretch(SPARSE, END)))
    rows = {one["group"]: one["rows"] for one in found["members"] if one["named"]}
    assert rows["country=it"] is None
    assert list(rows.values()).count(None) == 2
    shown = {group for group, n in rows.items() if n is not None}
    assert {one["group"] for one in found["measures"]} == shown
    assert "country=it" not in text_of(model.admin(PAGE, groups="country", **stretch(SPARSE, END)))


def test_personal_columns_take_the_grant(model: Watched) -> None:
    assert model.read(f"{API}/fairness", groups="device").status_code == 403
    assert model.admin(f"{API}/fairness", groups="device").status_code == 200
    for path in (f"/models/{SHOP}", PAGE, f"{API}/fairness"):
        answer = model.read(path, **stretch(WARM, SPARSE))
        assert answer.status_code == 200
        assert "device=" not in unescape(answer.text).replace("device=&", "")
    assert "Is it right for everyone?" in text_of(model.read(f"/models/{SHOP}"))


def test_the_part_of_the_model_s_page_leads_there(model: Watched) -> None:
    answer = model.admin(f"/models/{SHOP}", **stretch(WARM, SPARSE))
    assert "Probably not." in text_of(answer)
    assert f'href="{PAGE}?' in answer.text
