"""How well does a model do before the labels are known, and was the guess right when they came?

Shows `vd.estimate` on tables without labels and with some: a reference that has them, a month in
which one shop's customers changed their minds, every metric of both, the segment that suffers and
the column to split by, as they are printed.
"""

import numpy as np
import pyarrow as pa

import vedette as vd

rng = np.random.default_rng(1)


def month(rows: int, *, changed: str = "") -> pa.Table:
    """What a model said of some customers, and what they did; in one shop the opposite."""
    chance = 1 / (1 + np.exp(-rng.normal(0, 2, rows)))
    shop = rng.choice(["north", "south"], rows)
    bought = rng.random(rows) < np.where(shop == changed, 1 - chance, chance)
    return pa.table({"shop": shop, "score": chance, "bought": bought})


reference, june = month(5000), month(5000, changed="south")

early = vd.estimate(reference, june.drop_columns(["bought"]), label="bought", segments=["shop"])
accuracy = early.metric("accuracy")
assert accuracy is not None
assert accuracy.estimated is not None
print(f"estimated without labels: {accuracy.estimated.value:.3f}; {early}")

late = vd.estimate(reference, june, label="bought", segments=["shop"])
accuracy = late.metric("accuracy")
assert accuracy is not None
assert accuracy.realised is not None
print(f"by labels: {accuracy.realised.value:.3f}; {late}")
print(f"is the estimate to be trusted: {late.trusted}")
for part in late.segments:  # the one that lost most comes first
    now = part.figure.realised
    print(f"column and value {part.segment}: {now.value:.3f}" if now else part.segment)
