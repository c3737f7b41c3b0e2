"""What the auditor expects of a row whose label is not known: fitting it, and asking it."""

from vedette.derive.expected.fit import Fitted, fit_auditor
from vedette.derive.expected.outlook import outlook

__all__ = ["Fitted", "fit_auditor", "outlook"]
