"""Another writer: a small transaction every 10 ms, as the site makes them; how long it waits.

    small_writer.py DATABASE        until standard input ends; then prints its figures

The wait is that of BEGIN IMMEDIATE, which is when SQLite gives the write lock. How long its own
COMMIT takes, one page and an fsync with nobody before it, is the disk's share of such a wait.
"""

import json
import select
import sqlite3
import sys
import time
from contextlib import closing

EVERY = 0.01


def write_once(connection: sqlite3.Connection, number: int) -> tuple[float, float]:
    """Milliseconds until the write lock was ours, and of the commit."""
    began = time.perf_counter()
    connection.execute("BEGIN IMMEDIATE")
    waited = time.perf_counter() - began
    connection.execute(
        "INSERT INTO settings (name, value, updated_at)"
        " VALUES ('benchmark', :value, '2026-01-01 00:00:00.000000')"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        {"value": json.dumps({"number": number})},
    )
    written = time.perf_counter()
    connection.execute("COMMIT")
    return waited * 1000, (time.perf_counter() - written) * 1000


def figures(times: list[float]) -> dict[str, float]:
    times.sort()
    last = len(times) - 1
    return {"p50": times[last // 2], "p99": times[int(last * 0.99)], "max": times[-1]}


def main() -> None:
    pairs: list[tuple[float, float]] = []
    with closing(sqlite3.connect(sys.argv[1], timeout=10, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=FULL")
        while not select.select([sys.stdin], [], [], EVERY)[0]:
            pairs.append(write_once(connection, len(pairs)))
    waits, commits = (figures(list(times)) for times in zip(*pairs, strict=True))
    print(json.dumps({"count": len(pairs), "waits": waits, "commits": commits}))


if __name__ == "__main__":
    main()
