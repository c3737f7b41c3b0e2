"""Numbers that servers of models show for Prometheus, read as readings of metrics."""
