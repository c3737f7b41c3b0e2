"""Whether a model is right for everyone: over HTTP, as charts, on pages, of a model that the real
engine watches; what is never told of small groups, and to whom nothing is.

Owns: the answer, its charts in every form, what pages say of it, who may see it.  Does not own:
sums (`history/test_fairness`), rates (`tests/unit/engine`), the rule on small groups
(`tests/unit/stats/fairness/test_small`).
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from html import unescape
from typing import Any

import httpx
import jsonschema
import msgspec
import numpy as np
import pyarrow as pa
import pytest
from tests.labelled_story import BEGIN, BROKEN, END, SHOP, WARM, records, settings
from tests.story import ROWS, Story, served
from tests.traffic import HOUR, Live
from tests.unit.web.test_charts import FIGURE, HELD
from tests.unit.web.test_performance import Ask, asking, stretch, text_of

from vedette.alerts.incident import Cause, Incident, Move
from vedette.core.durations import DAY
from vedette.core.windows import Window
from vedette.engine.service import Service
from vedette.monitors.finding import Finding
from vedette.stores.store import EVENTS, OUTCOMES, Entry, Record
from vedette.web.charts.forms import KINDS
from vedette.web.keys import entry_of, make_key
from vedette.web.openapi import document

API = f"/api/v1/models/{SHOP}"
CHARTS = ("groups", "gap", "spreads")
LEAST = 30
AFTER = BEGIN + WARM * HOUR


@pytest.fixture(scope="module")
def story() -> Story:
    """Countries anybody may tell apart; devices are sensitive."""
    arrived = records()
    own = {
        "fairness": {"groups": ["country"], "measures": ["took_s"], "minimum": LEAST},
        "columns": {"device": {"role": "sensitive"}},
    }
    made = Live(settings(**own)).feed(arrived)
    made.runner.commit(END, force=True)
    sent = pa.Table.from_batches([one.rows for one in arrived if one.kind == EVENTS])
    return Story(made, sent, frozenset())


@pytest.fixture(scope="module")
def service(story: Story) -> Iterator[Service]:
    service = served(story, END)
    yield service
    service.stop()


@pytest.fixture(scope="module")
def get(service: Service) -> Ask:
    return asking(service)


def fits(answer: httpx.Response) -> dict[str, Any]:
    """The JSON of an answer, after it was held against its schema."""
    assert answer.status_code == 200, answer.text
    schema = {"$ref": "#/components/schemas/Fairness", "components": document()["components"]}
    jsonschema.validate(answer.json(), schema)
    return answer.json()


def told(get: Ask, **query: Any) -> dict[str, Any]:
    return fits(get(f"{API}/fairness", **query))


# --- the answer -----------------------------------------------------------------------------------


def test_rates_are_those_of_the_rows(get: Ask, story: Story):
    found = told(get, **stretch(AFTER, END))
    rows = story.between(AFTER, END)
    country = np.array(rows["country"].to_pylist())
    said = rows["score"].to_numpy() >= 0.5
    rates = {row["group"]: row for row in found["rates"] if row["metric"] == "selection_rate"}
    assert set(rates) == {"country=de", "country=fr", "country=it"}
    for group, row in rates.items():
        own = country == group.removeprefix("country=")
        assert (row["k"], row["n"]) == (said[own].sum(), own.sum())
        assert row["other"] == pytest.approx(said[~own].mean())
        assert row["low"] < row["rate"] < row["high"]
        assert row["reference"]["n"] > 24 * ROWS * 0.15
    assert found["rows"] == rows.num_rows


def test_whoever_is_treated_worse_is_named_and_shown_over_time(get: Ask):
    found = told(get, **stretch(AFTER, END), metric="accuracy")
    assert found["verdict"] == "alarming"
    assert "`country=fr`" in found["statement"]
    assert found["group"] == "country=fr"
    steps = found["steps"]
    assert len(steps) >= 4
    early = next(step for step in steps if step["value"] is not None)
    late = [step for step in steps if step["value"] is not None][-1]
    assert early["low"] < 0.05
    assert late["high"] < -0.3
    assert late["band_low"] < late["band_high"] < 0
    [row] = [r for r in found["rates"] if (r["metric"], r["group"]) == ("accuracy", "country=fr")]
    assert row["change"]["high"] < 0


def test_what_cannot_be_told_yet_says_how_many_rows_it_takes(get: Ask):
    found = told(get, **stretch(AFTER + DAY, AFTER + DAY + 2 * HOUR))
    assert found["verdict"] == "unknown"
    assert re.search(r"[Cc]annot tell .* about [\d,]+ more, \d+ days? at", found["statement"])
    assert "Cannot tell yet." in text_of(
        get(f"/models/{SHOP}/fairness", **stretch(AFTER + DAY, AFTER + DAY + 2 * HOUR))
    )


def test_a_named_group_is_what_others_are_held_against(get: Ask):
    found = told(get, against="country=de", **stretch(AFTER, END))
    assert found["against"] == "country=de"
    assert {row["group"] for row in found["rates"]} == {"country=fr", "country=it"}
    assert {row["against"] for row in found["rates"]} == {"country=de"}
    assert found["steps"]


@pytest.mark.parametrize(
    ("query", "field"),
    [({"groups": "contry"}, "groups"), ({"metric": "none"}, "metric"),
     ({"against": "country=xx"}, "against"), ({"group": "country=xx"}, "group"),
     ({"grup": "x"}, "grup"), ({"against": "other"}, "against")],
)  # fmt: skip
def test_what_cannot_be_told_is_refused(get: Ask, query: dict[str, str], field: str):
    for path in (f"{API}/fairness", f"{API}/charts/gap.json", f"/models/{SHOP}/fairness"):
        answer = get(path, **query)
        assert answer.status_code == 400, path
        if path.startswith("/api"):
            assert answer.json()["error"]["field"] == field


def test_labels_are_told_by_group(get: Ask):
    found = told(get, **stretch(AFTER, END))["labels"]
    assert found["labelled"] <= found["rows"]
    assert found["coverage"] == pytest.approx(1.0)  # of the windows whose labels have come
    assert found["waiting_windows"] == 5
    assert found["refused"] == []
    assert {row["group"] for row in found["by_group"]} == {"country=de", "country=fr", "country=it"}


def test_numbers_are_told_by_group(get: Ask, story: Story):
    rows = story.between(AFTER, END)
    country, took = np.array(rows["country"].to_pylist()), rows["took_s"].to_numpy()
    found = told(get, **stretch(AFTER, END))["measures"]
    assert [(one["measure"], one["group"]) for one in found] == [
        ("took_s", f"country={name}") for name in ("de", "fr", "it")
    ]
    for one in found:
        own = country == one["group"].removeprefix("country=")
        assert one["n"] == own.sum()
        assert one["mean"] == pytest.approx(took[own].mean())
        assert one["other"] == pytest.approx(took[~own].mean())
        assert one["reference"] == pytest.approx(took.mean(), rel=0.05)
        assert one["verdict"] == "calm"
    assert "Numbers by group" in text_of(get(f"/models/{SHOP}/fairness"))


def test_a_model_without_decisions_says_so_and_asks_for_no_grant():
    """It names its groups, but neither decides nor scores."""
    arrived = [
        Record(one.kind, one.model, one.received, one.rows.drop_columns(["score"]))
        if one.kind == EVENTS
        else one
        for one in records()
        if one.kind != OUTCOMES and one.received < BEGIN + 30 * HOUR
    ]
    live = Live(settings(fairness={"groups": ["country"]})).feed(arrived)
    live.runner.commit(BEGIN + 30 * HOUR, force=True)
    service = served(Story(live, pa.table({}), frozenset()), BEGIN + 30 * HOUR)
    ask = asking(service)
    found = told(ask)
    assert "holds no decision" in found["reason"]
    assert "holds no decision" in ask(f"{API}/charts/groups.json").text
    assert "holds no decision" in text_of(ask(f"/models/{SHOP}/fairness"))
    service.stop()


def test_groups_that_were_named_after_the_baseline_was_fitted_are_said_to_be(story: Story):
    whole = story.live.log.read()
    early = [one for _, one in whole if one.received < BEGIN + 26 * HOUR]
    live = Live(settings()).feed(early)
    live.runner.commit(BEGIN + 26 * HOUR, force=True)
    named = settings(fairness={"groups": ["country"]})
    again = Story(replace(live, settings=named), pa.table({}), frozenset())
    service = served(again, BEGIN + 26 * HOUR)
    found = told(asking(service))
    assert "was fitted before they did" in found["reason"]
    service.stop()


def test_rows_of_no_named_group_are_said_to_be_many():
    """A column that is gone leaves comparisons blind, not calm."""
    arrived, end = [], BEGIN + 36 * HOUR
    for one in records():
        if one.kind == EVENTS and one.received > BEGIN + 26 * HOUR:
            rows = one.rows.drop_columns(["country"])
            one = Record(one.kind, one.model, one.received, rows)
        if one.kind != OUTCOMES and one.received < end:
            arrived.append(one)
    live = Live(settings(segments=[], fairness={"groups": ["country"]})).feed(arrived)
    live.runner.commit(end, force=True)
    service = served(Story(live, pa.table({}), frozenset()), end)
    found = told(asking(service), **stretch(AFTER, end))
    assert re.search(r"9\d % of the rows are of no named group, 0 % in", found["statement"])
    assert "of no named group" in text_of(asking(service)(f"/models/{SHOP}/fairness"))
    service.stop()


# --- small groups ---------------------------------------------------------------------------------

SHORT = [(AFTER + DAY + h * HOUR, AFTER + DAY + (h + 1) * HOUR) for h in (0, 3, 7)]


def numbers(value: Any) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Every object inside, and the names of its sizes; n of a metric that is not told may be less:
    of a group that is shown, the base rate tells it."""
    if isinstance(value, Mapping):
        for name in ("n", "rows", "other_n"):
            if isinstance(value.get(name), int) and (name == "rows" or value["rate"] is not None):
                yield value, name
        for item in value.values():
            yield from numbers(item)
    elif isinstance(value, list):
        for item in value:
            yield from numbers(item)


@pytest.mark.parametrize(("start", "end"), SHORT)
@pytest.mark.parametrize("key", ["country", "device", "country & device"])
def test_no_figure_of_a_small_group_leaves_the_server(get: Ask, start: int, end: int, key: str):
    sizes = 0
    for metric in ("selection_rate", "false_negative_rate", "accuracy"):
        query = {"groups": key, "metric": metric, **stretch(start, end)}
        found = told(get, **query)
        for one, name in numbers({part: found[part] for part in ("members", "rates", "steps")}):
            assert one[name] >= LEAST, one
            sizes += 1
        for row in found["rates"]:
            if row["n"] is None or row["n"] < LEAST:
                assert row["rate"] is row["k"] is row["difference"] is row["p"] is None
        for chart in CHARTS:
            for row in csv.DictReader(io.StringIO(get(f"{API}/charts/{chart}.csv", **query).text)):
                assert not row.get("n") or int(row["n"]) >= LEAST
    assert sizes


@pytest.mark.parametrize(("start", "end"), SHORT)
def test_what_is_hidden_does_not_follow_from_what_is_shown(get: Ask, start: int, end: int):
    """Hidden groups are none or two, in every set and every line of the table of both."""
    shown = {}
    for key in ("country", "device", "country & device"):
        members = told(get, groups=key, **stretch(start, end))["members"]
        shown[key] = {row["group"]: row["rows"] for row in members if row["named"]}
        assert list(shown[key].values()).count(None) != 1
    cells = shown["country & device"]
    assert None in cells.values()
    for key in ("country", "device"):
        for group, rows in shown[key].items():
            line = [n for cell, n in cells.items() if group in cell.split(" & ")]
            assert rows is None or line.count(None) != 1


def test_a_group_too_small_is_not_held_against(get: Ask):
    start, end = SHORT[0]
    members = told(get, groups="country & device", **stretch(start, end))["members"]
    small = next(row["group"] for row in members if row["named"] and not row["shown"])
    for name in ("against", "group"):
        query = {"groups": "country & device", name: small, **stretch(start, end)}
        assert get(f"{API}/fairness", **query).status_code == 400


# --- charts and pages -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize("form", KINDS)
def test_every_chart_answers_in_every_form(get: Ask, name: str, form: str):
    answer = get(f"{API}/charts/{name}.{form}", metric="accuracy")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == KINDS[form].decode()
    if form == "json":
        assert answer.json()["spec"]["layer"]
        assert answer.json()["empty"] == ""
    elif form == "csv":
        assert len(list(csv.reader(io.StringIO(answer.text)))) > 1


def test_the_band_of_a_group_is_what_keeps_its_limit(get: Ask):
    answer = get(f"{API}/charts/groups.json", metric="accuracy", **stretch(AFTER, END)).json()
    for row in answer["spec"]["datasets"]["rows"]:
        beyond = not row["least"] <= row["rate"] <= row["most"]
        assert beyond == (row["verdict"] in ("alarming", "notable"))
        assert row["least"] == pytest.approx(row["other"] - 0.05)


def test_pages_keep_free_what_their_charts_need(get: Ask):
    page = get(f"/models/{SHOP}/fairness", groups="country & device", **stretch(AFTER, END))
    drawn = 0
    for match in FIGURE.finditer(page.text):
        spec = get(unescape(match[1])).json()["spec"]
        if spec is not None:
            drawn += 1
            assert spec["height"] == int(HELD.search(match[0])[1]), match[1]
    assert drawn == 10


def test_the_page_says_it_in_words_first(get: Ask):
    said = text_of(get(f"/models/{SHOP}/fairness", **stretch(BROKEN, END)))
    assert said.index("No. The accuracy of country=fr is") < said.index("fr over time")
    assert "Limits are settings, not law" in said
    assert "Four fifths" in said
    part = text_of(get(f"/models/{SHOP}", **stretch(BROKEN, END)))
    assert "Is it right for everyone?" in part
    assert "of country=fr" in part


def test_links_of_the_page_lead_somewhere(get: Ask):
    page = get(f"/models/{SHOP}/fairness", **stretch(AFTER, END)).text
    links = {
        unescape(link).partition("#")[0] for link in re.findall(r'href="(/models/[^"]+)"', page)
    }
    assert len(links) > 10
    for link in links:
        assert get(link).status_code == 200, link


# --- who may see it -------------------------------------------------------------------------------

SECRET = "s" * 43


def parity(column: str, segment: str, at: int, verdict: str = "alarming") -> Finding:
    return Finding(
        monitor="parity", component="selection_rate", column=column, segment=segment,
        observed=0.2, expected=0.4, effect=-0.2, unit="share", evidence=4.0, n_window=500,
        n_baseline=900, verdict=verdict, model=SHOP, window=Window(at, at + HOUR),
        reason=f"`selection_rate` of {segment} is 20 % against 40 % of the rest",
    )  # fmt: skip


def incident(column: str, segment: str, identity: str) -> Incident:
    at = END - 4 * HOUR
    reason = parity(column, segment, at).reason
    return Incident(
        id=identity, model=SHOP, state="open", severity="warning", axis="fairness and security",
        title=reason, onset=at - DAY, opened=at, streams=(("parity", column, segment),),
        findings=(parity(column, segment, at),),
        causes=(Cause(column=column, segment=segment, share=1.0, statement=reason),),
        history=(Move(at=at, action="attach", state="open", note=f"seen again: {reason}"),),
    )  # fmt: skip


@pytest.fixture(scope="module")
def keyed(story: Story) -> Iterator[Mapping[str, Any]]:
    """A server with incidents about both kinds of groups, asked with keys of two scopes."""
    service = served(story, END)
    at = END - 4 * HOUR
    entries = []
    for column, name in (("device", "phone"), ("country", "fr")):
        one = incident(column, f"{column}={name}", f"of-{column}")
        found = one.findings[0]
        entries += [
            Entry("incident", SHOP, one.id, one.opened, msgspec.json.encode(one)),
            Entry("finding", SHOP, found.id, at, msgspec.json.encode(found)),
            Entry("message", SHOP, f"m-{column}", at, msgspec.json.encode(
                {"incident": one.id, "state": "dead", "document": {"title": one.title}}
            )),
        ]  # fmt: skip
    texts = {}
    for number, scope in enumerate(("read", "admin")):
        texts[scope], key = make_key(bytes([number] * 6), SECRET, scopes=[scope], made=1)
        entries.append(entry_of(key))
    service.store.commit(entries)
    get = asking(service)

    def of(scope: str) -> Ask:
        head = {"authorization": f"Bearer {texts[scope]}"}
        return lambda path, **query: get(path, headers=head, **query)

    yield {scope: of(scope) for scope in texts}
    service.stop()


READABLE = (
    "/", f"/models/{SHOP}", f"/models/{SHOP}/fairness", "/incidents/of-device", "/status",
    f"{API}/fairness", f"{API}/findings", f"{API}/incidents",
    "/api/v1/incidents", "/api/v1/incidents/of-device", "/api/v1/incidents/of-device/explanation",
    "/api/v1/incidents/of-device/findings.csv", "/api/v1/messages", f"{API}/metrics",
    f"{API}/charts/timeline.json", f"{API}/charts/heat.json", f"{API}/charts/groups.csv",
    f"{API}/charts/gap.csv", f"{API}/charts/spreads.csv",
)  # fmt: skip


@pytest.mark.parametrize("path", READABLE)
def test_a_caller_without_the_grant_never_learns_which_group(keyed: Mapping[str, Ask], path: str):
    answer = keyed["read"](path)
    assert answer.status_code == 200, answer.text
    text = unescape(answer.text)
    assert "device=" not in text.replace("device=&", "")
    assert "of phone" not in text


def test_that_there_is_one_is_told(keyed: Mapping[str, Ask]):
    get = keyed["read"]
    ids = {one["id"]: one for one in get(f"{API}/incidents").json()["incidents"]}
    assert "a group is treated unlike the rest" in ids["of-device"]["title"]
    assert ids["of-device"]["streams"] == [{"monitor": "parity", "column": "", "segment": ""}]
    assert "country=fr" in ids["of-country"]["title"]
    found = get(f"{API}/findings", monitor="parity").json()["findings"]
    assert len(found) >= 2
    [blank] = [one for one in found if one["n_window"] == 0 and one["verdict"] == "alarming"]
    assert blank["observed"] is blank["effect"] is None
    assert not get(f"{API}/findings", column="device", monitor="parity").json()["findings"]
    assert not get(f"{API}/incidents", column="device").json()["incidents"]
    page = text_of(get("/incidents/of-device"))
    assert "those with the scope admin see" in page


def test_a_grant_shows_it(keyed: Mapping[str, Ask]):
    get = keyed["admin"]
    assert "device=phone" in get(f"{API}/incidents").text
    assert get(f"{API}/fairness", groups="device").json()["groups"] == "device"
    assert "device=phone" in text_of(get("/incidents/of-device"))


@pytest.mark.parametrize(
    "path", [f"/models/{SHOP}/columns/device", f"{API}/charts/distribution.csv",
             f"{API}/charts/course.json", f"{API}/charts/segments.json",
             "/api/v1/incidents/of-country/change.csv"]
)  # fmt: skip
def test_how_a_sensitive_column_is_spread_takes_the_grant(keyed: Mapping[str, Ask], path: str):
    query = {} if path.startswith("/models") else {"column": "device"}
    assert keyed["read"](path, **query).status_code == 403
    assert keyed["admin"](path, **query).status_code == 200
    other = path.replace("/device", "/country")
    assert keyed["read"](other, **dict.fromkeys(query, "country")).status_code == 200


def test_sets_of_sensitive_columns_are_refused_without_it(keyed: Mapping[str, Ask]):
    for key in ("device", "country & device"):
        for path in (f"{API}/fairness", f"{API}/charts/groups.json", f"/models/{SHOP}/fairness"):
            assert keyed["read"](path, groups=key).status_code == 403
    found = fits(keyed["read"](f"{API}/fairness"))
    assert [one["groups"] for one in found["sets"]] == ["country"]
    part = text_of(keyed["read"](f"/models/{SHOP}"))
    assert "Is it right for everyone?" in part
