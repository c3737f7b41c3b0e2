"""What tells an incident's rows from the reference's, on its page and in its JSON."""

import asyncio

import pytest

from vedette.alerts.separation import Separation, Telltale, Together

BAD = "<b>x</b>"
FOUND = Separation(
    statement=f"its rows can be told from the reference by `{BAD}` (AUC 0.63, 0.62 to 0.64)",
    auc=0.63,
    low=0.62,
    high=0.64,
    columns=(Telltale(column=BAD, loss=0.1), Telltale(column="amount", loss=0.02)),
    together=Together(columns=("amount", BAD), before=0.5, after=-0.5),
    against="the reference file r.parquet",
    rows=900,
    reference_rows=5_000,
    read=12,
    compared=12,
    start=1_767_225_600_000_000_000,
    end=1_767_232_800_000_000_000,
)


@pytest.fixture
def fetch(ask, stand, kit):
    stand.views["fraud"] = kit.make_view("fraud")

    def get(path, **given):
        kit.put_incident(stand, kit.make_incident("fraud", "a", **given))

        async def go():
            async with ask() as client:
                return await client.get(path)

        return asyncio.run(go())

    return get


def test_the_page_says_what_gives_the_rows_away(fetch):
    page = fetch("/incidents/a", separation=FOUND)
    assert page.status_code == 200
    assert "What tells its rows from the reference" in page.text
    assert "AUC 0.63, 0.62 to 0.64" in page.text
    assert "&lt;b&gt;x&lt;/b&gt;" in page.text
    assert BAD not in page.text
    assert "900 rows" in page.text
    assert "rank correlation 0.5, now -0.5" in page.text


def test_what_is_not_known_is_said_and_nothing_where_nobody_asked(fetch):
    why = Separation(statement="whether its rows can be told is not known: no rows are kept")
    assert "no rows are kept" in fetch("/incidents/a", separation=why).text
    assert 'id="separation"' not in fetch("/incidents/a").text


def test_the_json_holds_all_of_it(fetch):
    found = fetch("/api/v1/incidents/a", separation=FOUND).json()["separation"]
    assert (found["auc"], found["low"], found["high"]) == (0.63, 0.62, 0.64)
    assert found["columns"][0] == {"column": BAD, "loss": 0.1}
    assert found["together"] == {"columns": ["amount", BAD], "before": 0.5, "after": -0.5}
    assert found["start"] == "2026-01-01T00:00:00Z"
    assert fetch("/api/v1/incidents/a").json()["separation"] is None


def test_an_incident_about_groups_tells_nobody_who_may_not_know(ask, stand, kit):
    """Columns that give the rows away may be the hidden ones."""
    from vedette.web.veil import Veil

    incident = kit.make_incident(
        "fraud", "a", separation=FOUND, streams=(("parity", "sex", "f"), ("shift", "amount", ""))
    )

    class Hiding(Veil):
        def hides(self, model, column):
            return True

        def hidden(self, model):
            return ("sex",)

    veil = object.__new__(Hiding)
    assert Veil.incident(veil, incident).separation is None
