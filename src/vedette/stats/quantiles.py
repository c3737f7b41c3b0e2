"""Where the 30 tail-refined bins are cut.

Owns: the literal table.  Does not own: cutting a column, which takes order statistics at these
quantiles (`sketches`).
"""

# Equal bins of 5 %, halved from 10 % outwards and then refined into the tails.  Chosen by comparing
# the distance seen through the bins with the exact one: a 2 % share of rows at +6 sd keeps 91 % of
# its Jensen-Shannon distance, where 20 equal bins keep 34 % and 100 equal bins 62 %
# (tests/golden/test_binned_tables.py reproduces the table).
CUT_QUANTILES = (
    .001, .005, .01, .025, .05, .075,
    .10, .15, .20, .25, .30, .35, .40, .45, .50, .55, .60, .65, .70, .75, .80, .85, .90,
    .925, .95, .975, .99, .995, .999,
)  # fmt: skip
