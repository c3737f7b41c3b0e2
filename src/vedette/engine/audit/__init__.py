"""An audit of fairness: what is asked, how a table is read, what is found of its groups.

Owns: `asked` (options), `grading` and `reading` (how rows are read and counted), `rates`, `labels`,
`calibration`, `measures`, `spread`, `change`, `membership`, `impact`, `proxies` (figures), `shown`
(which may be), `words` and `found` (findings and rows of them), `made` (all of it), `result` (the
Fairness value), `figures` and `pack` (to keep).  Does not own: the call that puts it together
(`engine.fairness`), formulas (`stats.fairness`), layout (`report`).
"""
