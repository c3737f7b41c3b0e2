"""How many spans one span stands for.

Owns: reading OpenTelemetry's consistent sampling from a trace state.  Does not own: weights of
rows (`ingest.rows`).
"""

_DIGITS = 14  # of a threshold: 56 bits


def weight_of(trace_state: str) -> float:
    """One over the fraction of traces that were kept; 1 where the state says nothing.

    Source: OpenTelemetry, "TraceState: probability sampling": `ot=th:T` means that a trace was kept
    when its 56 random bits were at least T, whose trailing zeros are left out.
    Example:
        >>> weight_of("ot=th:c"), weight_of("vendor=1,ot=rv:1;th:8"), weight_of("ot=th:0")
        (4.0, 2.0, 1.0)
    """
    for member in trace_state.split(","):
        key, _, value = member.strip().partition("=")
        if key != "ot":
            continue
        for part in value.split(";"):
            name, _, threshold = part.partition(":")
            if name == "th" and 0 < len(threshold) <= _DIGITS:
                return _weight(threshold)
    return 1.0


def _weight(threshold: str) -> float:
    try:
        refused = int(threshold.ljust(_DIGITS, "0"), 16)
    except ValueError:
        return 1.0
    whole: int = 16**_DIGITS
    return whole / (whole - refused)
