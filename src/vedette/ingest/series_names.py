"""What a reading is called that other systems tell apart by labels.

Owns: spelling a name with its labels.  Does not own: how many names a model may have
(`engine.metric_names`).
"""

from collections.abc import Iterable
from hashlib import sha256

LONGEST = 256  # characters, as of every name of a reading


def series_name(name: str, labels: Iterable[tuple[str, str]] = ()) -> str:
    """The name of a reading that is told apart by labels: one name for one set of labels.

    Bounds: what cannot be seen becomes "?"; of a name that is too long the end becomes a digest.
    Example:
        >>> series_name("latency_s.p99", [("version", "2")]), series_name("queue")
        ('latency_s.p99{version=2}', 'queue')
    """
    said = ",".join(f"{label}={value}" for label, value in sorted(labels))
    whole = f"{name}{{{said}}}" if said else name
    seen = "".join(sign if sign.isprintable() else "?" for sign in whole).strip()
    if len(seen) <= LONGEST:
        return seen
    digest = sha256(whole.encode("utf-8", "replace")).hexdigest()[:12]
    return f"{seen[: LONGEST - len(digest)]}{digest}"
