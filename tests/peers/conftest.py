"""Services that peers run in environments of their own: they import what only those have."""

collect_ignore_glob = ["*_iris.py"]
