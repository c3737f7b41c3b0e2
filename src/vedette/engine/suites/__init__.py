"""Suites of Great Expectations, run by their own library, their results as findings.

Owns: handing rows over, reading results.  Does not own: reading a suite into a schema
(`ingest.schemas.expectations`), budgets: an expectation is a rule of one's own, not a test.
"""
