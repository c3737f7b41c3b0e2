"""Every query of every dashboard gives the same numbers on a real Prometheus that holds the series
and on vedette's own query API; and what the dashboards name is there."""

import json
import re

import pytest
from grafana_foundation_sdk.models.dashboard import Dashboard
from tests.golden.kept_series import BEGIN, END, MINUTE, kept_series
from tests.golden.test_promql import agree
from tests.peers.prometheus import holding

from vedette.export.grafana.dashboard import dashboard
from vedette.export.grafana.panels import BOARDS
from vedette.export.grafana.provisioning import files
from vedette.export.openmetrics import history
from vedette.export.promql.answer import instant, over_range
from vedette.export.promql.kept import Kept
from vedette.export.series.book import Book
from vedette.export.series.families import FAMILY_OF

SECOND = 10**9
LOOKBACK = "1h"  # windows of drift are an hour wide
QUERIES = [
    (f"{board.uid}: {panel.title}", query.expr, panel.instant)
    for board in BOARDS
    for panel in board.panels
    for query in panel.queries
]


@pytest.fixture(scope="module")
def kept():
    book = Book(kept_series())
    return Kept(book, book.models())


@pytest.fixture(scope="module")
def prometheus(kept, tmp_path_factory):
    flag = f"--query.lookback-delta={LOOKBACK}"
    text = "\n".join(history(kept.book.series(BEGIN, END))) + "\n"
    with holding(text, tmp_path_factory.mktemp("prometheus"), flag) as ask:
        yield ask


def filled(expr):
    """A query with the variables of the dashboard."""
    chosen = {"$model": "fraud", "$__rate_interval": "10m", "$__range": "2h"}
    return re.sub("|".join(map(re.escape, chosen)), lambda found: chosen[found[0]], expr)


@pytest.mark.peer
@pytest.mark.parametrize(("name", "expr", "is_instant"), QUERIES, ids=[q[0] for q in QUERIES])
def test_every_panel_shows_the_same_numbers(kept, prometheus, name, expr, is_instant):
    query, told = filled(expr), 0
    if is_instant:
        for at in range(BEGIN // SECOND + 3600, END // SECOND, 3000):
            asked = {"query": query, "time": str(at), "lookback_delta": LOOKBACK}
            theirs = prometheus("query", **asked)
            assert theirs["status"] == "success", theirs
            agree(instant(kept, asked, 0), theirs["data"])
            told += len(theirs["data"]["result"])
    else:
        asked = {
            "query": query, "start": str(BEGIN // SECOND), "end": str(END // SECOND), "step": "173",
            "lookback_delta": LOOKBACK,
        }  # fmt: skip
        theirs = prometheus("query_range", **asked)
        assert theirs["status"] == "success", theirs
        agree(over_range(kept, asked), theirs["data"])
        told = len(theirs["data"]["result"])
    assert told, "the panel is empty"


def test_every_family_is_on_a_dashboard_and_every_name_is_one():
    names = {
        name for _, expr, _ in QUERIES for name in re.findall(r"vedette_[a-z_0-9]+", expr)
    }  # fmt: skip
    assert names <= set(FAMILY_OF)
    shown = {FAMILY_OF[name].name for name in names}
    assert {own.name for own in FAMILY_OF.values()} - shown == set()


@pytest.mark.parametrize("board", BOARDS, ids=[board.uid for board in BOARDS])
def test_grafanas_own_types_read_the_dashboards(board):
    made = dashboard(board)
    read = json.loads(
        json.dumps(Dashboard.from_json(made).to_json(), default=lambda o: o.to_json())
    )
    for name in ("uid", "title", "schemaVersion", "tags", "refresh", "graphTooltip"):
        assert read[name] == made[name]
    assert len(read["panels"]) == len(made["panels"])


@pytest.mark.parametrize("board", BOARDS, ids=[board.uid for board in BOARDS])
def test_panels_lie_beside_one_another_within_the_grid(board):
    taken = set()
    for panel in dashboard(board)["panels"]:
        place = panel["gridPos"]
        own = {(place["x"] + dx, place["y"] + dy) for dx in range(place["w"])
               for dy in range(place["h"])}  # fmt: skip
        assert all(0 <= x < 24 for x, _ in own)
        assert not own & taken
        taken |= own


def test_the_files_of_provisioning_name_one_another():
    found = files("http://vedette:8642/", "5m", "/boards")
    assert "url: http://vedette:8642/prometheus\n" in found["datasources/vedette.yaml"]
    assert "timeInterval: 300s" in found["datasources/vedette.yaml"]
    assert "path: /boards" in found["dashboards/vedette.yaml"]
    boards = [json.loads(text) for name, text in found.items() if name.endswith(".json")]
    assert [one["uid"] for one in boards] == [board.uid for board in BOARDS]


def test_samples_of_the_past_lie_in_the_past(kept):
    lines = list(history(kept.book.series(BEGIN, BEGIN + 2 * MINUTE)))
    assert lines[-1] == "# EOF"
    assert 'vedette_events_total{model="fraud"} 0 1793520000.000' in lines
