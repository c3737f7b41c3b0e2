"""DuckDB on Parquet files: SUMMARIZE of each, which gives no drift verdict.

Run as `run_duckdb.py REF CUR` in its own environment, or with one file; prints one JSON line.
`cpu_s` is the CPU time of the queries, which read the file too.
"""

import json
import sys
import time

import duckdb


def main() -> None:
    start = time.process_time()
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    for path in sys.argv[1:]:
        quoted = path.replace("'", "''")
        connection.execute(f"SUMMARIZE FROM '{quoted}'").fetchall()
    cpu_s = time.process_time() - start
    print(json.dumps({"version": duckdb.__version__, "flagged": None, "cpu_s": cpu_s}))


if __name__ == "__main__":
    main()
