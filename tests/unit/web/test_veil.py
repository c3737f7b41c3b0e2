"""What a caller without the grant learns of the values of a personal column: nothing, wherever it
is told of drift in it, of segments of it, or of why a model lost.

Owns: reading everything with a key that may only read.  Does not own: groups (`test_fairness`),
single events (`test_redaction`).
"""

import re
from collections.abc import Iterator, Mapping
from html import unescape

import numpy as np
import pyarrow as pa
import pytest
from tests.labelled_story import BEGIN, DELAY, SHOP, settings
from tests.story import Story, hour_of, served
from tests.traffic import HOUR, MINUTE, SECOND, Live
from tests.unit.web.test_charts import FIGURE
from tests.unit.web.test_performance import Ask, asking

from vedette.alerts.grouping import title_of
from vedette.alerts.incident import Cause, Incident
from vedette.core.rules.rule import Rule
from vedette.core.schema import Field, Schema
from vedette.engine.causes import BECAUSE
from vedette.monitors.finding import Finding
from vedette.stores.store import EVENTS, OUTCOMES, TICK, Record
from vedette.web.charts.catalog import CHARTS
from vedette.web.keys import Key, entry_of, make_key
from vedette.web.veil import Veil

API = f"/api/v1/models/{SHOP}"
TURNED, END = BEGIN + 32 * HOUR, BEGIN + 46 * HOUR
SECRET = "s" * 43
VALUES = re.compile("zwoman|zman")  # words that nothing else holds


def sent(start: int) -> pa.RecordBatch:
    """Events of an hour; from an instant on, more of one value."""
    rows, rng = hour_of(start), np.random.default_rng([9, start // SECOND])
    share = 0.5 if start < TURNED else 0.8
    sex = np.where(rng.random(rows.num_rows) < share, "zwoman", "zman")
    place = rows.schema.get_field_index("device")
    return rows.set_column(place, "sex", pa.array(sex))


def labels(start: int) -> pa.RecordBatch:
    """What became of them; from then on the contrary for that value."""
    rows = sent(start)
    score, known = rows["score"].to_numpy(), pa.array([start + DELAY] * rows.num_rows)
    turned = (np.array(rows["sex"].to_pylist()) == "zwoman") & (start >= TURNED)
    drawn = np.random.default_rng([1, start // SECOND]).random(len(score))
    told = drawn < np.where(turned, 1 - score, score)
    times = known.cast(pa.timestamp("ns", "UTC"))
    return pa.record_batch({"_id": rows["_id"], "_time": times, "label": told})


@pytest.fixture(scope="module")
def keyed() -> Iterator[Mapping[str, Ask]]:
    """A server whose model has segments of a sensitive column that drifts, asked with two keys."""
    arrived = []
    for start in range(BEGIN, END, HOUR):
        received = start + HOUR + SECOND
        arrived.append(Record(EVENTS, SHOP, received, sent(start)))
        if start - DELAY >= BEGIN:
            arrived.append(Record(OUTCOMES, SHOP, received + SECOND, labels(start - DELAY)))
        arrived.append(Record(TICK, "", received + MINUTE))
    own = {"segments": ["country", "sex"], "columns": {"sex": {"role": "sensitive"}}}
    live = Live(settings(**own)).feed(arrived)
    live.runner.commit(END, force=True)
    service = served(Story(live, pa.table({}), frozenset()), END)
    texts = {}
    for number, scope in enumerate(("read", "admin")):
        texts[scope], key = make_key(bytes([number] * 6), SECRET, scopes=[scope], made=1)
        service.store.commit([entry_of(key)])
    get = asking(service)

    def of(scope: str) -> Ask:
        head = {"authorization": f"Bearer {texts[scope]}"}
        return lambda path, **query: get(path, headers=head, **query)

    yield {scope: of(scope) for scope in texts}
    service.stop()


def incident(get: Ask) -> str:
    """The incident about the column."""
    found = get(f"{API}/incidents", column="sex").json()["incidents"]
    return str(found[0]["id"])


PLAIN = (
    "/", f"/models/{SHOP}", f"/models/{SHOP}/columns/amount", f"/models/{SHOP}/columns/country",
    f"/models/{SHOP}/events", f"/models/{SHOP}/settings", f"/models/{SHOP}/fairness", API,
    f"{API}/incidents", f"{API}/findings", f"{API}/profiles", f"{API}/metrics?column=sex",
    f"{API}/metrics?column=amount", f"{API}/events", f"{API}/baselines", f"{API}/performance",
    f"{API}/fairness", f"{API}/settings", "/api/v1/incidents", "/api/v1/messages", "/metrics",
    f"{API}/charts/segments.csv?column=amount", f"{API}/charts/heat.csv",
    f"{API}/charts/heat.csv?rows=all", f"{API}/charts/timeline.csv",
    "/prometheus/api/v1/label/column/values", "/prometheus/api/v1/label/segment/values",
    "/prometheus/api/v1/label/series/values",
)  # fmt: skip
OF_INCIDENT = (
    "/incidents/{}", "/api/v1/incidents/{}", "/api/v1/incidents/{}/explanation",
    "/api/v1/incidents/{}/findings.csv",
)  # fmt: skip


def queried(get: Ask, address: str):  # type: ignore[no-untyped-def]
    path, _, words = address.partition("?")
    return get(path, **dict([words.split("=")] if words else []))


def test_the_grant_shows_what_else_is_hidden(keyed: Mapping[str, Ask]) -> None:
    get = keyed["admin"]
    one = incident(get)
    for address in (f"{API}/findings", f"{API}/performance", f"{API}/baselines",
                    *(path.format(one) for path in OF_INCIDENT)):  # fmt: skip
        assert VALUES.search(get(address).text), address
    assert get(f"{API}/performance", segment="sex=zman").status_code == 200


@pytest.mark.parametrize("address", [*PLAIN, *OF_INCIDENT])
def test_values_of_a_personal_column_take_the_grant(keyed: Mapping[str, Ask], address: str) -> None:
    get = keyed["read"]
    answer = queried(get, address.format(incident(get)))
    assert answer.status_code == 200, answer.text
    assert not VALUES.search(unescape(answer.text))


def test_that_a_personal_column_drifts_is_told(keyed: Mapping[str, Ask]) -> None:
    get = keyed["read"]
    found = get(f"{API}/findings", column="sex", monitor="shift").json()["findings"]
    assert any(one["verdict"] == "alarming" for one in found)
    assert all(one["observed"] is one["expected"] is None for one in found)
    whole = get(f"/api/v1/incidents/{incident(get)}").json()
    assert any(cause["column"] == "sex" for cause in whole["causes"])


@pytest.mark.parametrize("chart", CHARTS)
def test_segments_of_a_personal_column_are_not_drawn(keyed: Mapping[str, Ask], chart: str) -> None:
    query = {"column": "amount", "segment": "sex=zman"}
    answer = keyed["read"](f"{API}/charts/{chart}.csv", **query)
    assert answer.status_code == 400
    assert keyed["admin"](f"{API}/charts/{chart}.csv", **query).status_code == 200


@pytest.mark.parametrize(
    ("path", "query"),
    [("performance", {"segment": "sex=zman"}), ("profiles", {"segment": "sex=zman"}),
     ("profiles", {"column": "sex"}), ("events", {"segment": "sex=zman"})],
)  # fmt: skip
def test_asking_for_them_is_refused(
    keyed: Mapping[str, Ask], path: str, query: dict[str, str]
) -> None:
    assert keyed["read"](f"{API}/{path}", **query).status_code in (400, 403)
    assert keyed["admin"](f"{API}/{path}", **query, redact="false").status_code in (200, 400)


def test_what_an_incident_page_draws_may_be_seen(keyed: Mapping[str, Ask]) -> None:
    get = keyed["read"]
    one = incident(get)
    page = get(f"/incidents/{one}").text
    for match in FIGURE.finditer(page):
        assert get(unescape(match[1])).status_code == 200, match[1]
    for segment in ("sex=zman", "sex=zwoman"):
        answer = get(f"/api/v1/incidents/{one}/change.csv", column="amount", segment=segment)
        assert answer.status_code == 403


@pytest.mark.parametrize("component", ["differs", "missing_online", "missing"])
def test_why_twins_of_a_personal_column_disagree_takes_the_grant(component: str) -> None:
    schema = Schema((Field("sex", "category", "sensitive"), Field("fare", "numeric")))
    seen = f"3 % of `sex` {component}"
    told = f"{seen}{BECAUSE}serving `sex` is always 'zman' (100 % of the pairs that disagree)"
    fare = f"9 % of `fare` differ{BECAUSE}serving `fare` = training × 2"
    causes = (
        Cause(column="sex", component=component, share=0.6, statement=told),
        Cause(column="fare", component="differs", share=0.4, statement=fare),
    )
    whole = Incident(
        id="1", model=SHOP, state="open", severity="critical", axis="skew", onset=0, opened=1,
        title=title_of(causes), causes=causes,
        streams=(("twins", "sex", ""), ("twins", "fare", "")),
    )  # fmt: skip
    for scope, visible in (("read", False), ("admin", True)):
        veil = Veil(Key(id="", digest="", scopes=(scope,)), lambda model: schema)
        shown = veil.incident(whole)
        assert ("zman" in f"{shown.title} {shown.causes}") == visible
        assert shown.causes[1].statement == fare
        if scope == "read" and component != "differs":
            assert shown.causes[0].statement == seen  # a value that is missing tells none


def test_a_rule_that_reads_a_personal_column_is_told_without_its_share() -> None:
    fields = (Field("sex", "category", "sensitive"), Field("fare", "numeric"))
    declared = Schema(fields, (Rule("who", "sex != 'zman'"), Rule("paid", "fare > 0")))
    for scope, told in (("read", [None, 0.5]), ("admin", [0.5, 0.5])):
        veil = Veil(
            Key(id="", digest="", scopes=(scope,)), lambda model: Schema(fields),
            checks_of=lambda model: declared,
        )  # fmt: skip
        found = [
            veil.finding(Finding(monitor="schema", component="rule", column=name, observed=0.5))
            for name in ("rule who", "rule paid")
        ]
        assert [one.observed for one in found] == told
