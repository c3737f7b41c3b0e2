"""The drawings of the dashboard: plain data to Vega-Lite.  One file per figure."""
