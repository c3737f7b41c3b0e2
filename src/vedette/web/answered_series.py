"""What the API answers about metric series, as JSON Schema.

Owns: the schemas of series and their values.  Does not own: writing the answers
(`web.series_document`), the other schemas (`web.answered`).
"""

from vedette.monitors.finding import VERDICTS
from vedette.web.answered import COUNT, FLAG, INSTANT, NUMBER, WORD, Schema, many, whole
from vedette.web.tails_document import SHOWN


def series_answers() -> dict[str, Schema]:
    """The schemas by name."""
    verdict: Schema = {"enum": list(VERDICTS)}
    quantiles = dict.fromkeys(SHOWN, NUMBER)
    errors: Schema = {"type": "object", "additionalProperties": COUNT}
    traffic = {"rows": COUNT, "rows_per_s": NUMBER, "errors": errors, "error_rate": NUMBER}
    return {
        "MetricValue": whole(
            start=INSTANT, end=INSTANT, value=NUMBER, expected=NUMBER, low=NUMBER, high=NUMBER,
            score=NUMBER, verdict=verdict,
        ),
        "OneSeries": whole(name=WORD, column=WORD, verdict=verdict, points=many("MetricValue")),
        "MetricSeries": whole(
            model=WORD, start=INSTANT, end=INSTANT, step_s=NUMBER, complete=FLAG, reason=WORD,
            series=many("OneSeries"),
        ),
        "TailStep": whole(start=INSTANT, end=INSTANT, count=COUNT, **quantiles),
        "TrafficStep": whole(start=INSTANT, end=INSTANT, **traffic),
        "Tail": whole(
            column=WORD, segment=WORD, unit=WORD, count=COUNT, **quantiles, steps=many("TailStep"),
        ),
        "Tails": whole(
            model=WORD, start=INSTANT, end=INSTANT, complete=FLAG, reason=WORD, **traffic,
            steps=many("TrafficStep"), tails=many("Tail"),
        ),
    }  # fmt: skip
