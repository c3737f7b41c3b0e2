"""What a comparison says of reference and current, said of training and serving.

Owns: these words.  Does not own: the sentences (`monitors`).
"""

import msgspec

from vedette.engine.skew.unkeyed.trait import MONITOR
from vedette.monitors.finding import Finding

WORDS = (
    ("the smallest reference value", "training's smallest value"),
    ("the largest reference value", "training's largest value"),
    ("every reference value of", "every training value of"),
    ("the reference's range", "training's range"),
    ("in the reference", "in training"),
    ("of the reference", "of training"),
    ("the reference", "training"),
    ("in the current table", "in serving"),
    ("the current table", "serving"),
)


def spoken(finding: Finding) -> str:
    """The reason of a finding in the words of skew.

    Example:
        >>> spoken(Finding(monitor="rate", component="unseen", column="c",
        ...                reason="3 % of `c` is in categories never seen in the reference"))
        '3 % of `c` is in categories never seen in training'
    """
    text = finding.reason
    if "`" not in text:
        return _worded(text)
    parts = text.split("`")  # names of columns and categories are left as they are
    parts[::2] = [_worded(part) for part in parts[::2]]
    return "`".join(parts)


def as_skew(finding: Finding) -> Finding:
    """A finding of a comparison, as one of skew."""
    return msgspec.structs.replace(finding, monitor=MONITOR, reason=spoken(finding))


def _worded(text: str) -> str:
    for old, new in WORDS:
        text = text.replace(old, new)
    return text
