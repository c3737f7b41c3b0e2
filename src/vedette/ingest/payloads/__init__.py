"""Bodies that model servers take and give, read as parts of events.

Owns: one file per idea: what a body is (`body`), its features (`requests`), what the model said
(`responses`), tensors, tables, calls of language models.  Does not own: where bodies come from
(CloudEvents, files of captured traffic), rows (`ingest.rows`).

Both sides are read into `ingest.sent.Sent`: a request has the features and texts of every instance,
a response the predictions, scores, tokens.  `together` puts the two into events.
"""
