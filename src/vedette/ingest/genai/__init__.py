"""Calls of language models as tracers describe them, in vedette's columns.

Owns: the table of dialects, texts of messages, normalising one span.  Does not own: OTLP
(`ingest.otlp`), token cost.
"""
