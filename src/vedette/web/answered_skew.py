"""What the API answers about twins, as JSON Schema.

Owns: the schemas of pairs and rates.  Does not own: writing the answers (`web.skew_document`), the
other schemas (`web.answered`).
"""

from vedette.monitors.finding import VERDICTS
from vedette.monitors.twins import DISAGREE
from vedette.sketches.twins import KINDS
from vedette.web.answered import COUNT, FLAG, INSTANT, MAYBE, NUMBER, WORD, Schema, many, ref, whole


def skew_answers() -> dict[str, Schema]:
    """The schemas by name."""
    words: Schema = {"type": "array", "items": WORD}
    share, counts = ref("PairShare"), dict.fromkeys(KINDS, COUNT)
    step = whole(start=INSTANT, end=INSTANT, pairs=COUNT, **counts)
    confusion = whole(offline=WORD, online=WORD, share=NUMBER)
    twins = whole(
        came=COUNT, pairs=COUNT, waiting=COUNT, unmatched=COUNT, lost=COUNT, pairing_rate=NUMBER
    )
    skew = whole(
        model=WORD, start=INSTANT, end=INSTANT, step_s=NUMBER, twins=twins, reason=WORD,
        pairs=COUNT, columns=many("PairedColumn"), incidents=words,
    )  # fmt: skip
    return {
        "PairShare": whole(rate=NUMBER, low=NUMBER, high=NUMBER, n=COUNT),
        "PairedColumn": whole(
            column=WORD, pairs=COUNT, **counts, mismatch=share,
            **{f"{kind}_rate": share for kind in DISAGREE}, last=share, tolerated=NUMBER,
            tolerance=whole(relative=NUMBER, absolute=NUMBER), watched=FLAG,
            verdict={"enum": list(VERDICTS)}, incident=MAYBE,
        ),
        "PairedCause": whole(
            name=WORD, statement=WORD, transformation=WORD, segment=WORD, share=NUMBER, low=NUMBER,
            high=NUMBER, pairs=COUNT, confidence={"enum": ["sure", "either"]}, alternatives=words,
        ),
        "PairedCourse": whole(
            column=WORD, steps={"type": "array", "items": step},
            confusions={"type": "array", "items": confusion}, confusions_of=COUNT,
            hidden=FLAG, causes=many("PairedCause"), events=words,
        ),
        "Skew": {**skew, "properties": {**skew["properties"], "column": ref("PairedCourse")}},
    }  # fmt: skip
