"""CloudEvents of model servers: requests and responses, each by itself, to be put together.

Owns: the three ways in which an event comes over HTTP (`modes`), whose it is and which side of a
call (`parts`), the table that the log keeps of it (`kept`).  Does not own: what bodies mean
(`ingest.payloads`), waiting for the other side (`engine.capture`).
"""
