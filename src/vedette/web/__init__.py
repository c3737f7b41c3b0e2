"""HTTP: ingest, the JSON API, probes and pages, on one port."""
