"""Two tables without a key, training against serving: what differs, and the likely cause.

Owns: `glance` and `rowset` (one pass over a table), `values` and `likeness` (a sampled column, and
how alike two are), `layout` (columns that came, went or changed type), `trait` and the traits that
bins cannot see (`resolution`, `texts`, `spikes`, `order`, `clocks`, `relations`, `nulls`),
`causes`, `scales`, `recoding` and `swaps` (what explains them), `gather` (one fault per cause),
`wording`, `result` (the TableSkew value), `compare` (the call).  Does not own: the comparison of
distributions (`engine.compare`), row-by-row skew.
"""
