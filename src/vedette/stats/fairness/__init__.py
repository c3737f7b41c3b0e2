"""Whether a model treats groups alike: from counts by group to figures, intervals and verdicts.

Owns: formulas over groups and metrics at once.  Does not own: which groups there are, reading
rows, wording, evidence over time.  A threshold here is a setting of whoever asks, never a law.
"""
