"""Answering PromQL over series: parsing is the package `promql-parser`'s, evaluating is done here
over all steps at once."""
