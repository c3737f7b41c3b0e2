"""Decisions in words about a few groups, for tests of audits of fairness.

Owns: the table, and auditing it.  Does not own: what is asserted.
"""

from typing import Any

import numpy as np

import vedette as vd

N = 2000


def loans(seed: int = 0, gap: float = 0.2, n: int = N) -> dict[str, list[Any]]:
    """Decisions in words about three groups of whom the second fares worse."""
    rng = np.random.default_rng(seed)
    race = rng.choice(["White", "Black", "Other"], n, p=[0.7, 0.2, 0.1])
    approved = rng.random(n) < 0.8 - gap * (race == "Black")
    return {
        "race": race.tolist(),
        "sex": rng.choice(["F", "M"], n).tolist(),
        "prediction": np.where(approved, "approved", "denied").tolist(),
    }


def audit(table: Any, group: Any = "race", **options: Any) -> vd.Fairness:
    """Audit a table without looking for proxies."""
    return vd.fairness(table, group, proxies=False, **options)


def selected(found: vd.Fairness, group: str) -> float:
    """The selection rate of a group."""
    row = found.rate("selection_rate", group)
    assert row is not None
    return float(row["rate"])
