"""Training against serving.

Owns: the same rows of both, held against each other (`keyed`), two tables without a key
(`unkeyed`), why they differ (`causes`), what a model predicts from them (`predictions`), what Feast
says of its own values (`feast`).  Does not own: drift (`engine.compare`), pairs of a live model
(`engine.paired` and its like), layout (`report`).
"""
