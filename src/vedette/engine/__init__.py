"""Putting the steps together: sources to batches, batches to profiles, profiles to findings."""
