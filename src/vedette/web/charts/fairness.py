"""How groups are treated: rates beside the rest, one group over time, scores by group.

Owns: the drawing of what may be shown of them.  Does not own: what may be (`web.fairness`),
drawings (`report.figures.fairness`).
"""

from typing import Any

from vedette.alerts.grouping import OF_GROUPS
from vedette.core.rates import RATES
from vedette.report.figures import fairness
from vedette.report.figures.figure import Figure
from vedette.web.asked import Asked, ms
from vedette.web.fairness import NO_RATES, Treated, grouping_of, treated, why_unknown
from vedette.web.fairness_spread import spread_rows
from vedette.web.fairness_steps import Stepped, blocks_of, group_asked, stepped, width_of

MAY_NOT = "This key may not see the groups of this model: scope 'admin' is needed."


def groups(one: Asked) -> Figure:
    """A metric of every group."""
    asked = asked_of(one)
    if asked is None:
        return fairness.forest("rate", (), against="", reason=why_not(one))
    rows, name = forest_rows(asked), RATES[asked.metric.name]
    hidden = len(asked.groups.names) - len(rows) if asked.decides else 0
    return fairness.forest(
        name,
        rows,
        against=asked.groups.spoken(asked.against),
        hidden=hidden,
        reason=why_empty(asked),
    )


def gap(one: Asked) -> Figure:
    """How far a group is from the others, step by step."""
    asked = asked_of(one)
    chosen = None if asked is None else group_asked(asked, one.call.query().word("group"))
    if asked is None or chosen is None:
        reason = why_not(one) if asked is None else why_empty(asked)
        return fairness.gap(
            "rate", "", (), (), (), (), by_ratio=False, against="", step="", reason=reason
        )
    metric, limits = asked.metric, asked.limits
    ends = (limits.ratio, 1 / limits.ratio) if metric.ratio else (-limits.gap, limits.gap)
    rows = [_step(asked, step) for step in stepped(asked, chosen)]
    said = asked.groups.spoken(chosen)
    return fairness.gap(
        RATES[metric.name], said, rows, [{"at": at} for at in ends], one.marks(),
        one.incidents(lambda s: s[0] in OF_GROUPS and s[1:] == (asked.groups.key, chosen)),
        by_ratio=metric.ratio,
        against=asked.groups.spoken(asked.against),
        step=width_of(blocks_of(asked)), reason=why_empty(asked),
    )  # fmt: skip


def spreads(one: Asked) -> Figure:
    """How scores are spread in every group."""
    asked = asked_of(one)
    if asked is None:
        return fairness.spreads((), reason=why_not(one))
    rows = spread_rows(asked)
    why = "" if asked.grouping.shape[2] > 1 else "The model gives no score of two classes."
    return fairness.spreads(rows, reason=why)


def asked_of(one: Asked) -> Treated | None:
    """What the address of a chart, or of the page around it, asks of groups."""
    words = one.call.query()
    return treated(one, words.word("groups"), one.metric or None, words.word("against"))


def why_not(one: Asked) -> str:
    """Why nothing is told of groups."""
    if grouping_of(one.past) is not None:
        return MAY_NOT
    return why_unknown(one.past, one.call.service.settings_of(one.past.model).fairness)


def why_empty(asked: Treated) -> str:
    """Why a metric of a stretch is not told."""
    if not asked.decides:
        return NO_RATES
    if asked.found.covered is None:
        return "No row of this time is kept."
    if asked.metric.name in asked.refused:
        return "It cannot be told: labels come for some decisions only."
    if asked.metric.labels and not asked.tally.labelled.any():
        return "It takes labels, and none has come for a row of this time."
    return "No group has rows enough to be shown."


def forest_rows(asked: Treated) -> list[dict[str, Any]]:
    """What the drawing of a metric shows of every group that may be shown."""
    limits, by_ratio = asked.limits, asked.metric.ratio
    rows = []
    for row in asked.of(asked.metric.name):
        if row["rate"] is None:
            continue
        other, told = row["other"], asked.before.get((row["metric"], row["group"]))
        band: tuple[float | None, float | None] = (None, None)
        if other is not None:
            band = (
                (limits.ratio * other, other / limits.ratio)
                if by_ratio
                else (other - limits.gap, other + limits.gap)
            )
        rows.append(
            {
                **{name: row[name] for name in ("group", "rate", "low", "high", "n", "other")},
                "name": asked.groups.spoken(row["group"]),
                "least": None if band[0] is None else max(band[0], 0.0),
                "most": None if band[1] is None else min(band[1], 1.0),
                "reference": None if told is None else told["rate"],
                "verdict": row["verdict"] if row["verdict"] != "context" else "calm",
            }
        )
    return rows


def _step(asked: Treated, step: Stepped) -> dict[str, Any]:
    start = max(step.start, asked.one.span.start)
    return {
        "t0": ms(start), "t1": ms(step.end), "value": step.value,
        "low": step.low, "high": step.high, "band_low": step.band_low, "band_high": step.band_high,
        "rate": step.rate, "other": step.other, "n": step.n, "other_n": step.other_n,
        "mature": step.is_mature,
    }  # fmt: skip


def drawn(asked: Treated, metric: str) -> int:
    """How many groups the drawing of a metric has."""
    return sum(row["rate"] is not None for row in asked.of(metric))
