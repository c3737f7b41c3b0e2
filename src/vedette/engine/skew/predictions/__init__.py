"""Predictions that were served against those that a model gives of the same rows offline.

Owns: asking the model again, comparing, sharing disagreement out among features.  Does not own:
comparing the features themselves row by row, or tables without a key.
"""
