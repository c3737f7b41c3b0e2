"""What leaves for other systems: Prometheus text."""
