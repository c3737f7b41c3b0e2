"""What is said of what is no longer seen.

Owns: the names of its streams, the sentences.  Does not own: when they are said
(`monitors.blindness`).
"""

import msgspec

from vedette.core.durations import roughly
from vedette.core.words import number, percent
from vedette.monitors.blindness_state import BlindnessState
from vedette.monitors.finding import Finding
from vedette.monitors.monitor import Look

RATES = ("late events", "events ahead", "refused events", "lost events")
SAMPLING, COLUMNS, TIMES = "sampling", "new columns", "event times"
SLIGHT = 0.08  # magnitude of what is just to be known
NAMED = 5  # columns that a sentence names
_PHRASES = {
    "late events": "{} of events have come after their window had ended for {}: no monitor judged"
    " them in time; a longer `lateness` waits for them",
    "events ahead": "{} of events have come from the future for {}: the clock of a sender is wrong,"
    " and they are judged only once their time has come",
    "refused events": "{} of events have been refused for {}: no monitor sees them; the quarantine"
    " says why",
    "lost events": "{} of events have been given up by their senders for {}: no monitor sees them",
}


def in_words(found: Finding, state: BlindnessState, at: int, look: Look) -> Finding:
    """A finding about a stream, in the words of what it means."""
    name, rest = found.column, at - len(RATES)
    if found.observed is None:
        return msgspec.structs.replace(found, component="sight", reason=_nothing(name, rest, state))
    is_told = found.verdict in ("alarming", "notable")
    if at < len(RATES):
        said = f"{percent(found.observed)} of events are {name}"
        if is_told:
            length = roughly(look.window.end - int(look.onset[at]))
            said = _PHRASES[name].format(percent(found.observed), length)
        return msgspec.structs.replace(found, component="sight", unit="share", reason=said)
    if name in (SAMPLING, COLUMNS) and rest < 2:
        said = _sampling(state) if name == SAMPLING else _columns(state)
        size = {} if name == SAMPLING or not is_told else {"magnitude": SLIGHT}
        if not is_told:
            said = "nothing changed"
        return msgspec.structs.replace(found, component="sight", reason=said, **size)
    if rest < 2 + len(state.texts):
        return _content(found, state, rest - 2, is_told)
    return msgspec.structs.replace(found, component="sight")


def _nothing(name: str, rest: int, state: BlindnessState) -> str:
    if rest < 2:
        return "no event came"
    if rest < 2 + len(state.texts):
        return "no event came, or none usually has any"
    return "no reading came"


def _sampling(state: BlindnessState) -> str:
    """How much less, or more, is seen of traffic than before."""
    was, now = state.before, state.weight
    more = "less" if now > was else "more"
    return (
        f"sampling changed: an event that is sent stands for {number(now)}, where it stood for"
        f" {number(was)}; {more} of the traffic is seen"
    )


def _columns(state: BlindnessState) -> str:
    named = ", ".join(f"`{name}`" for name in state.fresh[:NAMED])
    more = len(state.fresh) - NAMED
    named += f" and {more} more" if more > 0 else ""
    comes, it = ("comes", "it") if len(state.fresh) == 1 else ("come", "them")
    return f"{named} {comes} that the baseline does not have: nothing watches {it}"


def _content(found: Finding, state: BlindnessState, at: int, is_told: bool) -> Finding:
    name, usual = state.texts[at], float(state.usual[at])
    observed = 0.0 if is_told else usual
    if is_told and name:
        said = (
            f"`{name}` is empty: its content is no longer captured, and nothing can be said of it;"
            f" usually {percent(usual)} of events have it"
        )
    elif is_told:
        said = (
            "events no longer have a time of their own: they are counted where they were received"
        )
    else:
        about = f"`{name}` has content" if name else "events have a time of their own"
        said = f"{about} as usual"
    return msgspec.structs.replace(
        found, component="sight", observed=observed, expected=usual, effect=observed - usual,
        unit="share", reason=said,
    )  # fmt: skip
