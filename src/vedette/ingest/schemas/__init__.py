"""Schemas of other tools, read into vedette's and written from it.

Owns: one file per format and direction, and the literal table of them.  Does not own: what a schema
may say (`core.schema`), judging tables by it.
"""
