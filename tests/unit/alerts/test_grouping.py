"""What becomes one incident, what it is called, how much it matters."""

import msgspec
import pytest
from tests.unit.alerts.examples import HOUR, START, WINDOW, finding, incident

from vedette.alerts.grouping import (
    attach,
    holds,
    is_about_groups,
    open_incident,
    settle,
    severity_of,
)
from vedette.alerts.harm import Harm
from vedette.alerts.incident import Incident
from vedette.alerts.lifecycle import move
from vedette.core.errors import UsageError
from vedette.core.windows import Window

NEXT = Window(WINDOW.end, WINDOW.end + HOUR)
missing = finding(
    "visib", monitor="rates", component="missing", observed=0.38, unit="share", magnitude=1.2,
    evidence=9.0, reason="38 % of `visib` is missing, was 0.1 %",
)  # fmt: skip


def test_the_title_is_the_leading_cause_in_the_users_unit():
    assert incident().title == "`amount` rose by 0.21 sd (0.15 to 0.27): mean 12 -> 14"
    one = incident(finding(), missing, finding("age"), shares=[1.0, 7.0, 2.0])
    assert one.title == "38 % of `visib` is missing, was 0.1 %, and 2 more columns changed"
    assert [cause.column for cause in one.causes] == ["visib", "age", "amount"]
    assert [cause.share for cause in one.causes] == pytest.approx([0.7, 0.2, 0.1])
    assert (one.axis, incident().axis) == ("skew", "drift")


@pytest.mark.parametrize("added", ["", "; not enough evidence yet to alarm"])
def test_a_name_is_no_end_of_a_statement(added):
    said = "38 % of `'; drop table x; --` is missing, was 0.1 %"
    one = incident(finding("'; drop table x; --", reason=said + added))
    assert one.title == one.causes[0].statement == said
    joined = attach(
        incident(), [finding("x", reason=said + added)], [1.0], at=0, window=NEXT
    ).history[-1]
    assert joined.note.endswith(said)


def test_what_does_not_alarm_by_itself_says_no_more_than_that():
    calm = "no change beyond what ordinary windows show; 0.2 sd would be noticed within a day"
    assert incident(finding(reason=calm)).title == calm.partition(";")[0]


def test_a_replay_opens_the_same_incident_and_another_window_another_one():
    found = (finding(), missing)
    assert incident(*found) == incident(*found)
    assert incident(*found).id == incident(*reversed(found), at=5).id
    assert incident(*found).id != incident(missing).id
    shifted = open_incident(
        "fraud", found, NEXT, at=0, onset=0, evidence=1, threshold=1, version="", shares=[1, 1]
    )
    assert shifted.id != incident(*found).id


def test_one_cause_per_column_in_a_segment_only_if_it_moved_there_alone():
    whole = finding()
    part = finding(segment="country=FR", evidence=9.0)
    both = incident(whole, part, shares=[1.0, 3.0])
    assert [(cause.column, cause.segment) for cause in both.causes] == [("amount", "")]
    assert both.causes[0].statement.startswith("`amount` rose")
    assert incident(part).causes[0].segment == "country=FR"
    assert both.streams == (("shift", "amount", "country=FR"), ("shift", "amount", ""))


@pytest.mark.parametrize(
    ("found", "severity"),
    [
        (finding(), "warning"),
        (finding(magnitude=0.5), "critical"),
        (finding(magnitude=0.09), "info"),
        (finding(magnitude=0.0, p=1e-300, evidence=300.0), "info"),
        (missing, "critical"),
        (finding(monitor="rates", component="missing", observed=0.51, magnitude=0.01), "critical"),
        (finding(monitor="rates", component="missing", observed=0.2, magnitude=0.3), "warning"),
        (finding("", monitor="volume", component="silence", observed=0.0), "critical"),
        (finding("", monitor="volume", component="traffic", observed=0.0), "critical"),
        (finding("", monitor="volume", component="traffic", observed=40.0), "warning"),
    ],
)
def test_severity_comes_from_the_effect(found, severity):
    assert severity_of([found]) == severity


def test_what_the_model_says_is_critical_when_it_moves_enough():
    assert severity_of([finding("score")], ["score"]) == "critical"
    assert severity_of([finding("score", magnitude=0.06)], ["score"]) == "info"


def test_who_follows_joins_and_the_stronger_finding_stays():
    one = incident(finding(), shares=[1.0])
    weaker = finding(evidence=1.0, reason="weaker")
    grown = attach(one, [weaker, missing], [1.0, 3.0], at=9, window=NEXT)
    assert grown.id == one.id
    assert grown.state == "open"
    assert grown.severity == "critical"
    assert [found.column for found in grown.findings] == ["visib", "amount"]
    assert "weaker" not in [found.reason for found in grown.findings]
    assert grown.streams == (("shift", "amount", ""), ("rates", "visib", ""))
    assert sum(cause.share for cause in grown.causes) == pytest.approx(1.0)
    assert grown.history[-1].action == "attach"
    assert "visib" in grown.history[-1].note
    again = attach(grown, [missing], [1.0], at=10, window=NEXT)
    assert again.streams == grown.streams
    assert sum(cause.share for cause in again.causes) == pytest.approx(1.0)


def test_who_joins_a_resolved_incident_reopens_it():
    one = move(incident(), "resolve", at=5)
    assert attach(one, [missing], [1.0], at=9, window=NEXT).state == "reopened"


def test_settling_closes_at_the_end_of_the_window():
    one = settle(incident(), NEXT, at=77)
    assert (one.state, one.closed, one.history[-1].at) == ("resolved", NEXT.end, 77)


def test_an_incident_stays_small_and_survives_its_bytes():
    many = [finding(f"c{i:04d}", evidence=float(i)) for i in range(1000)]
    one = incident(*many)
    assert (len(one.findings), len(one.streams)) == (200, 1000)
    assert one.title.endswith("and 999 more columns changed")
    assert msgspec.json.decode(msgspec.json.encode(one), type=Incident) == one


def test_shares_that_say_nothing_count_alike():
    one = incident(finding(), missing, shares=[float("nan"), 0.0])
    assert [cause.share for cause in one.causes] == [0.5, 0.5]
    assert incident(finding("x", reason="")).title == "`x` changed"
    assert incident(finding("", reason="")).title == "the traffic changed"


def test_findings_and_shares_belong_together():
    with pytest.raises(UsageError):
        incident(finding(), shares=[1.0, 2.0])
    with pytest.raises(UsageError):
        attach(incident(), [], [], at=0, window=NEXT)


def test_the_onset_is_never_after_the_detection():
    late = open_incident(
        "m", [finding()], WINDOW, at=0, onset=START + 99 * HOUR, evidence=1, threshold=1,
        version="", shares=[1],
    )  # fmt: skip
    assert late.onset == late.opened == WINDOW.end


def test_infinite_evidence_survives_its_bytes():
    one = incident(finding(evidence=float("inf"), magnitude=float("inf")))
    again = attach(one, [finding("x", evidence=float("nan"))], [1.0], at=0, window=NEXT)
    assert msgspec.json.decode(msgspec.json.encode(again), type=Incident) == again
    assert open_incident(
        "m", [finding()], WINDOW, at=0, onset=0, evidence=float("inf"), threshold=1.0, version="",
        shares=[float("inf")],
    ).evidence == 308.0  # fmt: skip


def test_a_segment_belongs_to_the_incident_that_holds_its_column_over_all_rows():
    whole, part = incident(missing), incident(finding(segment="country=FR"))
    late = ("rates", "visib", "carrier=AS")
    assert holds(whole, [late])
    assert not holds(whole, [late, ("shift", "age", "carrier=AS")])
    assert not holds(whole, [("shift", "visib", "")])
    assert holds(whole, [("rates", "visib", "")])  # of which a new baseline knows nothing
    assert not holds(part, [("shift", "amount", "country=DE")])


def test_of_equal_shares_the_larger_change_leads():
    small, large = finding("amount", magnitude=0.16), finding("distance", magnitude=1.1)
    assert [cause.column for cause in incident(small, large).causes] == ["distance", "amount"]


def test_the_loss_of_all_rows_says_nothing_of_how_groups_are_treated():
    calm = Harm(verdict="benign", statement="Benign: the loss hardly moved, by 0 points")
    gap = finding("race", segment="race=B", monitor="parity", magnitude=0.3)
    plain = finding("age", magnitude=0.3)
    opened = {}
    for name, found in (("gap", gap), ("plain", plain)):
        opened[name] = open_incident(
            "m", [found], WINDOW, at=0, onset=0, evidence=1.0, threshold=1.0, version="",
            shares=[1.0], harm=calm,
        )  # fmt: skip
    assert (opened["plain"].harm.verdict, opened["plain"].severity) == ("benign", "info")
    assert (opened["gap"].harm.verdict, opened["gap"].severity) == ("unknown", "warning")
    assert opened["gap"].axis == "fairness and security"
    assert is_about_groups(opened["gap"])
    assert not is_about_groups(opened["plain"])
