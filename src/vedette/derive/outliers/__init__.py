"""How unlike the reference a single row is: fitting that, scoring rows, naming columns."""

from vedette.derive.outliers.fit import fit_outliers
from vedette.derive.outliers.reasons import Reason
from vedette.derive.outliers.score import Scored, Scorer

__all__ = ["Reason", "Scored", "Scorer", "fit_outliers"]
