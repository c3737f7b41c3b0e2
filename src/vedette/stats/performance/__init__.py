"""Performance from sums of graded rows: numbers in, numbers with intervals out."""
