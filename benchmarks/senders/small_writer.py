"""Another writer: a small transaction every 10 ms, as the site makes them; how long it waits.

    small_writer.py DATABASE        until standard input ends; then prints its figures

The wait is that of BEGIN IMMEDIATE, which is when SQLite gives the write lock.
"""

import json
import select
import sqlite3
import sys
import time
from contextlib import closing

EVERY = 0.01


def write_once(connection: sqlite3.Connection, number: int) -> float:
    """Milliseconds until the write lock was ours."""
    began = time.perf_counter()
    connection.execute("BEGIN IMMEDIATE")
    waited = time.perf_counter() - began
    connection.execute(
        "INSERT INTO settings (name, value, updated_at)"
        " VALUES ('benchmark', :value, '2026-01-01 00:00:00.000000')"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        {"value": json.dumps({"number": number})},
    )
    connection.execute("COMMIT")
    return waited * 1000


def main() -> None:
    waits: list[float] = []
    with closing(sqlite3.connect(sys.argv[1], timeout=10, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=FULL")
        while not select.select([sys.stdin], [], [], EVERY)[0]:
            waits.append(write_once(connection, len(waits)))
    waits.sort()
    last = len(waits) - 1
    figures = {name: waits[int(last * part)] for name, part in (("p50", 0.5), ("p99", 0.99))}
    print(json.dumps({**figures, "max": waits[-1], "count": len(waits)}))


if __name__ == "__main__":
    main()
