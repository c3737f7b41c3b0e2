"""Columns computed from one row at a time, before any counting: anything about one event is a
derived column."""
