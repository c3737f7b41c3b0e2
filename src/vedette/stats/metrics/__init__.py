"""Is this value of a metric normal?  Many series at once, each in a constant number of numbers.

Owns: what is expected of a series, how far off a value is, how rarely that happens.  Does not own:
what to do about it, evidence over time, budgets, calendars: a phase is a remainder of UTC
nanoseconds.
"""
