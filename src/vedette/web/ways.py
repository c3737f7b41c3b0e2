"""How bodies of a foreign format are read and answered.

Owns: the values that `web.foreign` goes by.  Does not own: any format.
"""

from collections.abc import Callable
from typing import NamedTuple

from vedette.ingest.foreign import Asked, Kept, Taken
from vedette.web.answers import Answer, Problem, error_answer


def refused(asked: Asked, problem: Problem) -> Answer:
    """A refusal as our own API tells it."""
    return error_answer(problem)


class Way(NamedTuple):
    """How bodies of one format are read and answered.

    Shapes: `read` raises `Refused` when nothing of a body can be kept; it runs beside the event
    loop, at most two at a time.
    """

    read: Callable[[bytes, Asked], Taken]
    answer: Callable[[Asked, Kept], Answer]
    refusal: Callable[[Asked, Problem], Answer] = refused
