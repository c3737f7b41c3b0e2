"""What the API answers about groups, as JSON Schema.

Owns: the schemas of how groups are treated.  Does not own: writing the answers
(`web.fairness_document`), the other schemas (`web.answered`).
"""

from vedette.monitors.finding import VERDICTS
from vedette.web.answered import COUNT, FLAG, INSTANT, MAYBE, NUMBER, WORD, Schema, many, ref, whole

NOTHING: Schema = {"type": "null"}
SOME: Schema = {"type": ["integer", "null"], "minimum": 0, "description": "Null: not shown."}
RATE = {"rate": NUMBER, "low": NUMBER, "high": NUMBER}
JUDGED = {"enum": [*VERDICTS, "context"], "description": "`context`: told, and not judged."}
GAPS = {
    "ratio": NUMBER, "ratio_low": NUMBER, "ratio_high": NUMBER, "z": NUMBER, "p": NUMBER,
    "p_adjusted": NUMBER, "limit": NUMBER, "verdict": JUDGED, "reason": WORD,
}  # fmt: skip


def fairness_answers() -> dict[str, Schema]:
    """The schemas by name."""
    limits = whole(ratio=NUMBER, gap=NUMBER, least=COUNT, minimum=COUNT, level=NUMBER)
    known = whole(name=WORD, labels=FLAG, judged=FLAG, by={"enum": ["ratio", "difference"]})
    return {
        "GroupRate": whole(
            group=WORD, metric=WORD, against=WORD, rows=SOME, n=SOME, k=SOME, **RATE, other=NUMBER,
            other_n=SOME, difference=NUMBER, difference_low=NUMBER, difference_high=NUMBER,
            by={"enum": ["ratio", "difference"]}, **GAPS, power=NUMBER, detectable=NUMBER,
            rows_needed=NUMBER, rows_lacking=NUMBER,
            hidden={"enum": ["", "few", "beside", "labels", "count"]},
            reference={"oneOf": [whole(**RATE, n=SOME), NOTHING]},
            change={"oneOf": [whole(change=NUMBER, low=NUMBER, high=NUMBER, p=NUMBER), NOTHING]},
        ),
        "GroupStep": whole(
            start=INSTANT, end=INSTANT, value=NUMBER, low=NUMBER, high=NUMBER, band_low=NUMBER,
            band_high=NUMBER, rate=NUMBER, other=NUMBER, n=SOME, other_n=SOME, is_mature=FLAG,
        ),
        "GroupLabels": whole(
            rows=COUNT, labelled=COUNT, coverage=NUMBER, waiting_windows=COUNT, selective=MAYBE,
            refused={"type": "array", "items": WORD},
            by_group={
                "type": "array",
                "items": whole(
                    group=WORD, rows=COUNT, coverage=NUMBER, low=NUMBER, high=NUMBER,
                    selected=NUMBER, others=NUMBER, uneven=FLAG, selective=FLAG,
                ),
            },
        ),
        "Fairness": whole(
            model=WORD, positive=MAYBE,
            sets={
                "type": "array",
                "items": whole(groups=WORD, columns={"type": "array", "items": WORD}),
            },
            metrics={"type": "array", "items": known}, limits=limits, start=INSTANT, end=INSTANT,
            step_s=NUMBER, groups=MAYBE, metric=MAYBE, against=MAYBE, reason=WORD,
            verdict={"enum": list(VERDICTS)}, statement=WORD, incident=MAYBE, rows=COUNT,
            members={
                "type": "array",
                "items": whole(group=WORD, named=FLAG, shown=FLAG, rows=SOME),
            },
            labels=ref("GroupLabels"), rates=many("GroupRate"),
            four_fifths={
                "type": "array",
                "items": whole(
                    set=WORD, group=WORD, n=SOME, rate=NUMBER, other=NUMBER, to_highest=NUMBER,
                    to_highest_low=NUMBER, to_highest_high=NUMBER,
                    flagged={"type": ["boolean", "null"]}, **GAPS,
                ),
            },
            calibration={
                "type": "array",
                "items": whole(
                    group=WORD, n=COUNT, ratio=NUMBER, low=NUMBER, high=NUMBER, p=NUMBER
                ),
            },
            scores={
                "type": "array",
                "items": whole(
                    group=WORD, name=WORD, n=COUNT, q10=NUMBER, q25=NUMBER, q50=NUMBER, q75=NUMBER,
                    q90=NUMBER, mean=NUMBER, reference=NUMBER,
                ),
            },
            measures={
                "type": "array",
                "items": whole(
                    group=WORD, measure=WORD, share=FLAG, n=SOME, other_n=SOME, against=WORD,
                    mean=NUMBER, spread=NUMBER, other=NUMBER, difference=NUMBER,
                    difference_low=NUMBER, difference_high=NUMBER, p=NUMBER, p_adjusted=NUMBER,
                    size=NUMBER, size_low=NUMBER, size_high=NUMBER, verdict=JUDGED, reason=WORD,
                    reference=NUMBER,
                ),
            },
            group=MAYBE, steps=many("GroupStep"),
        ),
    }  # fmt: skip
