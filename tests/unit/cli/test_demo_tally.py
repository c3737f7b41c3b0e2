"""What the demo says of incidents: faults found, more of them, and the rest."""

from datetime import UTC, datetime

from vedette.cli.demo_tally import NATURAL, Fault, Seen, table_of

SINCE = datetime(2013, 4, 8, tzinfo=UTC)
KM = Fault("kilometres", "distance", "carrier=UA", SINCE)
GONE = Fault("gone", "visib", "", SINCE)


def incident(identity, day, *streams, lead=None):
    """An incident of April whose streams are (column, segment)."""
    end = f"2013-04-{day:02d}T00:00:00Z"
    return {
        "id": identity,
        "opened": end,
        "severity": "warning",
        "title": f"`{streams[0][0]}` moved",
        "causes": [{"column": lead or streams[0][0], "segment": "", "share": 1.0}],
        "streams": [{"column": column, "segment": segment} for column, segment in streams],
        "findings": [
            {"column": column, "segment": segment, "window": {"end": end}}
            for column, segment in streams
        ],
    }


def test_a_fault_is_found_by_its_column_in_its_segment_after_its_date():
    seen = Seen([KM])
    for early in (
        incident("a", 7, ("distance", "carrier=UA")),
        incident("b", 9, ("distance", "carrier=DL")),
    ):
        assert any(NATURAL in line for line in seen.told(early, 1.0, "http://x"))
    assert seen.missed == [KM]
    told = seen.told(
        incident("c", 9, ("distance", ""), ("distance", "carrier=UA")), 2.0, "http://x"
    )
    assert "  causes: distance, in carrier = UA (100 % of the evidence)" in told
    assert "  fault found: kilometres, 24 h after it began" in told
    assert seen.missed == []
    assert seen.first_s == 1.0


def test_an_incident_that_grows_is_told_again_only_when_it_finds_a_fault():
    seen = Seen([GONE])
    seen.told(incident("a", 9, ("hour", "")), 1.0, "http://x")
    assert seen.told(incident("a", 9, ("hour", ""), ("dest", "")), 2.0, "http://x") == []
    told = seen.told(incident("a", 9, ("hour", ""), ("visib", "")), 3.0, "http://x")
    assert told[-1] == "  grew 3 s after the server's start: http://x/incidents/a"


def test_what_follows_a_fault_is_more_of_it():
    seen = Seen([GONE])
    seen.told(incident("a", 9, ("visib", "")), 1.0, "http://x")
    assert "  more of: gone" in seen.told(incident("b", 20, ("visib", "carrier=AS")), 2.0, "x")
    assert f"  {NATURAL}" in seen.told(incident("c", 20, ("hour", "")), 2.0, "x")


def test_the_table_says_what_was_missed():
    seen = Seen([KM, GONE])
    seen.told(incident("a", 9, ("visib", "")), 1.0, "http://x")
    lines = table_of(seen)
    assert lines[1].split() == ["kilometres", "2013-04-08", "no", "missed"]
    assert lines[2].split() == ["gone", "2013-04-08", "2013-04-09", "00:00", "24", "h"]
    assert lines[3].startswith("\nother incidents: 0")


def test_an_incident_about_what_a_fault_shows_in_as_well_is_more_of_it():
    slow = Fault("slow", "latency_s", "", SINCE, "slow", ("availability",))
    seen = Seen([slow])
    seen.told(incident("a", 9, ("latency_s", "")), 1.0, "http://x")
    failing = incident("b", 12, ("availability", ""))
    assert "  more of: slow" in seen.told(failing, 2.0, "http://x")
    assert any("(more of: slow)" in line for line in table_of(seen))
    assert seen.delay(slow) == "24 h"
