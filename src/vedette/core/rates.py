"""Rates of groups by the names that people give them.

Owns: the words.  Does not own: rates (`stats.fairness.metrics`), sentences about them.
"""

from collections.abc import Mapping
from types import MappingProxyType

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
