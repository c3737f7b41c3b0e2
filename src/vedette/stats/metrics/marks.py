"""What people tell of a series: deploys, maintenance, holidays.

Owns: how each changes the state.  Does not own: calendars: a holiday is a day since 1970, UTC.
"""

from dataclasses import replace

from vedette.stats.metrics.state import State


def deployed(state: State) -> State:
    """Begin anew after a deploy: what was gathered against the old level counts no more, the next
    steps are not judged and teach the level quickly; season, scales and tails are kept."""
    nothing = state.mean - state.mean
    return replace(
        state,
        since=-1,
        carry=nothing,
        off=nothing,
        recent=nothing,
        smooth=tuple(nothing for _ in state.smooth),
    )


def quieted(state: State, begin: int, end: int) -> State:
    """Neither judge nor learn from `begin` to before `end`.

    Units: UTC nanoseconds.
    """
    return replace(state, quiet=(begin, end))


def celebrated(state: State, days: tuple[int, ...]) -> State:
    """Expect on these days what a Sunday brings, and teach no weekday.

    Units: days since 1970-01-01 UTC.
    """
    return replace(state, holidays=tuple(sorted({*state.holidays, *days})))
