"""The script here asks another library, in an environment of its own; it holds no tests."""

collect_ignore_glob = ["make_*.py"]
