"""From rows to counts: the binning fitted on a reference, the only code that reads rows, and the
profile it makes."""
