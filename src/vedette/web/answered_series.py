"""What the API answers about metric series, as JSON Schema.

Owns: the schemas of series and their values.  Does not own: writing the answers
(`web.series_document`), the other schemas (`web.answered`).
"""

from vedette.monitors.finding import VERDICTS
from vedette.web.answered import FLAG, INSTANT, NUMBER, WORD, Schema, many, whole


def series_answers() -> dict[str, Schema]:
    """The schemas by name."""
    verdict: Schema = {"enum": list(VERDICTS)}
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
    }  # fmt: skip
