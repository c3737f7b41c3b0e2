"""The language of rules: what the columns of one row must obey together.

Owns: reading an expression (`parser`), what it means (`meaning`), its answer for one row
(`answers`).  Does not own: whole columns (`derive.checks`).  Nothing is run as Python.
"""
