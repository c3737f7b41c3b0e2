"""The scripts here ask other libraries, in environments of their own; they hold no tests."""

collect_ignore_glob = ["by_*.py"]
