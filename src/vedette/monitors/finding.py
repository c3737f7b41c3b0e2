"""The only thing a monitor may say.

Owns: the Finding record and its identity.  Does not own: deciding verdicts (`monitors.family`) or
wording (`drift`, `rate`).
"""

import hashlib

import msgspec

from vedette.core.windows import Window

VERDICTS = ("alarming", "notable", "unknown", "calm")  # worst first
NOTABLE = 0.01  # share of what would alarm, from which a live stream is worth a look
WAITING = "; not enough evidence yet to alarm"  # ends the reason of a live one that is notable
ORDINARY = "no change beyond what ordinary windows show"  # begins that of a live one that is calm


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One fact about one column in one segment, with its interval, its sizes and what it means.

    Units: `observed` and `expected` in the column's own unit (level, spread) or as shares (rates,
    categories); `effect`, `low` and `high`
    (95 %) in `unit`; `magnitude` is comparable over all findings: reference standard deviations,
    Cohen's w, or Cohen's h of a rate.
    `p` is against no change, `p_margin` against a change of `min_effect`, `p_adjusted` over the
    whole comparison, `evidence` is
    -log10 of it.  `detectable` is the smallest effect that would have alarmed four times in five.
    A finding that is `unknown` says why.  Those of a live model have `model` and `window`, and
    their `evidence` is log10 of the stream's e-detector.
    """

    monitor: str
    component: str
    column: str
    segment: str = ""
    category: str | None = None
    observed: float | None = None
    expected: float | None = None
    effect: float | None = None
    unit: str = ""
    low: float | None = None
    high: float | None = None
    magnitude: float = 0.0
    p: float | None = None
    p_margin: float | None = None
    p_adjusted: float | None = None
    evidence: float = 0.0
    detectable: float | None = None
    n_baseline: int = 0
    n_window: int = 0
    min_effect: float = 0.05
    verdict: str = "unknown"
    reason: str = ""
    model: str = ""
    window: Window | None = None

    @property
    def id(self) -> str:
        """Digest of what the finding is about, not of what it says: a replay replaces, never
        duplicates."""
        about = [self.monitor, self.component, self.column, self.segment, self.category or ""]
        if self.window is not None:
            about += [self.model, str(self.window.start), str(self.window.end)]
        return hashlib.sha256("\x1f".join(about).encode()).hexdigest()[:16]

    @property
    def rank(self) -> tuple[int, float, float, str]:
        """Sort key: worst verdict, then largest effect, then strongest evidence."""
        return (VERDICTS.index(self.verdict), -self.magnitude, -self.evidence, self.id)


def live_verdict(part: float) -> str:
    """The verdict on a live stream whose evidence is this share of what alarms by itself."""
    return "alarming" if part >= 1 else "notable" if part >= NOTABLE else "calm"
