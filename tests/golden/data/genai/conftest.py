"""Scripts of other environments: they import what only those have, and hold no test."""

collect_ignore_glob = ["*.py"]
