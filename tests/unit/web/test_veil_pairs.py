"""What a caller without the grant learns of personal columns from what is told of two columns at
once: neither that one is the partner of another, nor how they go together.

Owns: findings of pairs, what gives the rows of an incident away, axes.  Does not own: personal
columns by themselves (`test_veil`), who may see them (`test_redaction`).
"""

import msgspec
import pytest

from vedette.alerts.grouping import open_incident
from vedette.alerts.incident import Incident
from vedette.alerts.separation import Separation, Telltale, Together, said_of
from vedette.core.schema import Field, Schema
from vedette.core.windows import Window
from vedette.engine.axes import AxisView
from vedette.monitors.finding import Finding
from vedette.web import documents
from vedette.web.keys import Key
from vedette.web.veil import Veil

SCHEMA = Schema(
    (Field("zage", "numeric", "sensitive"), Field("fare", "numeric"), Field("tip", "numeric"))
)
PAIR = Finding(
    monitor="dependence", component="association", column="fare", category="zage", observed=-0.48,
    expected=0.51, effect=-0.99, unit="correlation", verdict="alarming", evidence=4.0,
    reason="`fare` and `zage` go together the other way: correlation 0.51 in the reference,"
    " -0.48 now", magnitude=0.99, min_effect=0.05,
)  # fmt: skip
PATTERN = msgspec.structs.replace(
    PAIR, component="pattern",
    reason="`fare` and `zage` meet otherwise: `fare` > 3 and `zage` <= 18: 4 % before, 48 % now",
)  # fmt: skip
SHIFT = Finding(
    monitor="shift", component="level", column="fare", effect=0.4, unit="sd", verdict="alarming",
    reason="`fare` rose by 0.4 sd", evidence=9.0, magnitude=0.4, min_effect=0.05,
)  # fmt: skip
TELLS = (Telltale(column="zage", loss=0.2), Telltale(column="fare", loss=0.1))
APART = Separation(
    statement=said_of(0.81, 0.8, 0.82, TELLS), auc=0.81, low=0.8, high=0.82, columns=TELLS,
    together=Together(columns=("fare", "zage"), before=0.51, after=-0.48), rows=900,
)  # fmt: skip


def opened(*findings: Finding, separation: Separation | None = None) -> Incident:
    made = open_incident(
        "m", findings, Window(0, 10), at=1, onset=0, evidence=9.0, threshold=2.0, version="",
        shares=[1.0] * len(findings),
    )  # fmt: skip
    return msgspec.structs.replace(made, separation=separation)


def veil(scope: str) -> Veil:
    return Veil(Key(id="", digest="", scopes=(scope,)), lambda model: SCHEMA)


def told(scope: str, incident: Incident) -> str:
    shown = documents.incident_document(veil(scope).incident(incident), whole=True)
    return msgspec.json.encode(shown).decode()


@pytest.mark.parametrize(
    "findings", [(PAIR,), (PATTERN,), (SHIFT, PAIR), (SHIFT, PATTERN)],
    ids=["correlation", "pattern", "behind a shift", "pattern behind a shift"],
)  # fmt: skip
def test_a_partner_that_is_personal_takes_the_grant(findings: tuple[Finding, ...]) -> None:
    whole = opened(*findings, separation=APART)
    assert "zage" in told("admin", whole)
    shown = told("read", whole)
    assert not any(word in shown for word in ("zage", "0.51", "0.48", "48 %"))
    assert "fare" in shown


def test_a_finding_of_a_pair_keeps_its_verdict_alone() -> None:
    shown = veil("read").finding(PAIR, "m")
    assert (shown.column, shown.verdict, shown.category) == ("fare", "alarming", None)
    assert shown.observed is shown.expected is None
    assert veil("admin").finding(PAIR, "m") == PAIR


def test_what_gives_rows_away_leaves_personal_columns_out() -> None:
    """The column of the incident may be seen; what else gives its rows away may not."""
    whole = opened(SHIFT, separation=APART)
    assert veil("admin").incident(whole) == whole
    found = veil("read").incident(whole).separation
    assert found is not None
    assert found.statement == said_of(0.81, 0.8, 0.82, TELLS[1:])
    assert found.columns == TELLS[1:]
    assert found.together is None
    assert "zage" not in told("read", whole)
    assert "`fare` rose by 0.4 sd" in told("read", whole)


def test_two_columns_that_may_be_seen_stay() -> None:
    own = msgspec.structs.replace(
        APART, columns=TELLS[1:], together=Together(columns=("fare", "tip"), before=0.1, after=0.9)
    )
    whole = opened(SHIFT, msgspec.structs.replace(PAIR, category="tip"), separation=own)
    assert veil("read").incident(whole) == whole


def test_an_axis_is_not_about_a_personal_partner() -> None:
    seen = AxisView("alarming", PAIR.reason, (), (("dependence", "fare", ""),))
    plain = AxisView("alarming", SHIFT.reason, (), (("shift", "fare", ""),))
    axes = {"drift": seen, "skew": plain}
    assert veil("admin").axes("m", axes) == axes
    shown = veil("read").axes("m", axes)
    assert shown["drift"].verdict == "alarming"
    assert "zage" not in shown["drift"].reason
    assert shown["skew"] == plain
