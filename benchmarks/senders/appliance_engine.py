"""The appliance's engine alone in a process: sends one broadcast to everybody and ends.

    appliance_engine.py HOME [--rate 30] [--ca FILE] [--resume ID] [--profile FILE]

Runs what `appliance serve` runs: the lease, the engine, the real database. Prints its figures.
"""

import argparse
import cProfile
import json
import resource
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

from appliance.config import Settings
from appliance.database import Database
from appliance.delivery.client import Client
from appliance.delivery.engine import Engine
from appliance.delivery.jobs import Job
from appliance.services import broadcasts
from appliance.services.broadcasts import NewBroadcast, changes
from appliance.services.leases import DELIVERY, Holding

TEXT = "Hello! The next meeting is on Thursday at 19:00, in the usual place. Bring a friend."
LOOK = 0.25  # seconds between two looks whether it is done: 40 µs each


def watch(path: Path, broadcast_id: int, stop: threading.Event, ended: list[str]) -> None:
    """Set `stop` when the broadcast has ended; plain sqlite3, which costs next to nothing."""
    with closing(sqlite3.connect(path)) as connection:
        while not stop.wait(LOOK):
            query = "SELECT status FROM broadcasts WHERE id = ?"
            status = connection.execute(query, (broadcast_id,)).fetchone()[0]
            if status in {"done", "halted", "cancelled"}:
                ended.append(status)
                stop.set()


def send(settings: Settings, arguments: argparse.Namespace) -> dict[str, object]:
    database = Database(settings.database_url)
    holding = Holding(database, DELIVERY)
    if not holding.acquire():
        raise SystemExit("another process holds the lease")
    client: Client[Job] = Client(settings.api_url, str(settings.bot_token), ca=arguments.ca)
    engine = Engine(database, client, holding, rate=arguments.rate)
    began, cpu = time.monotonic(), time.process_time()
    if arguments.resume:
        broadcast = changes.resume(database.writing, arguments.resume, "benchmark")
    else:
        with database.writing() as session:
            broadcast, _ = broadcasts.create(session, NewBroadcast(TEXT, to=("all",)))
    stop, ended = threading.Event(), list[str]()
    path = settings.data / "database.db"
    watcher = threading.Thread(target=watch, args=(path, broadcast.id, stop, ended))
    watcher.start()
    try:
        engine.run(stop)
    finally:
        stop.set()
        watcher.join()
    figures = {"cpu": time.process_time() - cpu, "seconds": time.monotonic() - began}
    client.close()
    database.dispose()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {**figures, "began": began, "peak": peak, "id": broadcast.id, "status": ended}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("--rate", type=float, default=30.0)
    parser.add_argument("--ca", type=Path)
    parser.add_argument("--resume", type=int)
    parser.add_argument("--profile", type=Path, help="write cProfile's figures there")
    arguments = parser.parse_args()
    settings = Settings.load(arguments.home, {})
    if arguments.profile:
        profile = cProfile.Profile()
        figures = profile.runcall(send, settings, arguments)
        profile.dump_stats(arguments.profile)
    else:
        figures = send(settings, arguments)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
