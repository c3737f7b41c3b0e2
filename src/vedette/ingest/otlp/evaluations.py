"""Results of evaluations, which GenAI tools send as events.

Owns: making a reading of one.  Does not own: the events.
"""

from collections.abc import Mapping
from typing import Any

from vedette.ingest.sent import SentReading

EVALUATION = "gen_ai.evaluation.result"
_NAME, _VALUE = "gen_ai.evaluation.name", "gen_ai.evaluation.score.value"


def evaluation(attributes: Mapping[str, Any], time: int, identity: str) -> SentReading | None:
    """The reading that an event gives; None where it tells no number.

    Units: UTC nanoseconds.
    Example:
        >>> told = {"gen_ai.evaluation.name": "Relevance", "gen_ai.evaluation.score.value": 0.8}
        >>> evaluation(told, 1, "a").name, evaluation({}, 1, "a")
        ('evaluation.Relevance', None)
    """
    name, value = attributes.get(_NAME), attributes.get(_VALUE)
    if not isinstance(name, str) or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return SentReading(f"evaluation.{name.strip()}", float(value), time, identity)
