"""Training against serving.

Owns: the same rows of both, held against each other (`rows`), why they differ (`causes`), what a
model predicts from them (`predictions`), two tables without a key (`unkeyed`).  Does not own: drift
(`engine.compare`), layout (`report`).
"""
