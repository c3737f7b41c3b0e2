"""Dashboards for Grafana and what provisions them, made of the families of `export.series`."""
