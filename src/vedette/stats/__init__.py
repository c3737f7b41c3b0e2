"""Numbers to numbers: intervals, tests, distances and decisions, from integer counts.

Owns: formulas.  Does not own: rows, bins' edges, wording, input or output.  Needs numpy and
scipy.special only; scipy.stats is never imported here (it takes most of a second to load).
"""
