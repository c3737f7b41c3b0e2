"""Rates of groups by the names that people give them.

Owns: the words.  Does not own: rates (`stats.fairness.metrics`), sentences about them.
"""

from collections.abc import Mapping
from types import MappingProxyType

from vedette.core.words import percent

RATES: Mapping[str, str] = MappingProxyType(
    {
        "selection_rate": "selection rate",
        "true_positive_rate": "true positive rate",
        "false_positive_rate": "false positive rate",
        "false_negative_rate": "false negative rate",
        "positive_predictive_value": "positive predictive value",
        "negative_predictive_value": "negative predictive value",
        "accuracy": "accuracy",
        "base_rate": "base rate",
        "calibration": "observed over expected",
    }
)
OTHERS = ("the rest", "the best group")  # what a group is held against, and no name of one
MAY_KEEP = "which may keep the limit"  # of a difference that missing labels may make up


def left_open(
    labelled: tuple[float, float], own: tuple[float, float], other: tuple[float, float]
) -> str:
    """Say what labels that come unevenly leave open of a rate and of that of the rest.

    Units: shares of rows with a label, of the group and of the rest; the least and the most that
    each rate can be.
    Example:
        >>> left_open((0.59, 1), (0.2, 0.8), (0.25, 0.25))
        '59 % of its rows have a label, of the rest 100 %: whatever the missing ones are, it lies \
between 20 % and 80 %, that of the rest between 25 % and 25 %'
    """
    low, high, rest_low, rest_high = (percent(end) for end in (*own, *other))
    return (
        f"{percent(labelled[0])} of its rows have a label, of the rest {percent(labelled[1])}: "
        f"whatever the missing ones are, it lies between {low} and {high}, that of the rest "
        f"between {rest_low} and {rest_high}"
    )
