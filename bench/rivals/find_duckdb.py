"""DuckDB joins the ids of Parquet files with a log's Parquet files, in the order of the log.

Run as `find_duckdb.py FOLDER QUESTION...` in its own environment; prints one JSON line: the least
seconds of three warm turns by question, and the CPU seconds of that turn.
"""

import json
import sys
import time

import duckdb

FEW = "_time, measure_0, count_0, kind_0"
JOIN = """
    CREATE OR REPLACE TEMP TABLE found AS
    SELECT {columns} FROM read_parquet('{folder}/log/events/m/*/*.parquet')
    SEMI JOIN read_parquet('{folder}/{question}.parquet') asked USING (_id)
    ORDER BY _log_after, _log_row
"""


def main() -> None:
    folder, *questions = sys.argv[1:]
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    spent = {}
    for question in questions:
        for name, columns in (("4", FEW), ("all", "*")):
            join = JOIN.format(columns=columns, folder=folder, question=question)
            took = []
            for _ in range(4):
                start = time.perf_counter(), time.process_time()
                connection.execute(join)
                took.append((time.perf_counter() - start[0], time.process_time() - start[1]))
            spent[f"{question}, {name}"] = min(took[1:])
    print(json.dumps({"version": duckdb.__version__, "spent": spent}))


if __name__ == "__main__":
    main()
