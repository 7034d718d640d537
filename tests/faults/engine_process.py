"""The engine alone in a process, for tests that end it: without the half second of a whole start.

    engine_process.py HOME [--fork] [--timeout S] [--token-pause S] [--checkpoint PAGES]

With --fork nothing runs at first: each line read is a start. It prints the new process's id, and a
line more when that process has ended. A fork of a warm parent starts in 20 ms.
"""

import argparse
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from sqlalchemy import event

from appliance.config import Settings
from appliance.database import Database
from appliance.delivery.client import Client
from appliance.delivery.engine import Engine
from appliance.delivery.jobs import Job
from appliance.delivery.retry_policy import TOKEN_PAUSE_SECONDS
from appliance.runtime.logs import set_up
from appliance.runtime.parts import LeasedPart
from appliance.services.leases import DELIVERY, Holding


def send(arguments: argparse.Namespace) -> None:
    """Run the delivery part until SIGTERM."""
    settings = Settings.load(Path(arguments.home))
    set_up(settings)
    database = Database(settings.database_url)
    if database.engine.dialect.name == "sqlite":
        pragma = f"PRAGMA wal_autocheckpoint={arguments.checkpoint:d}"
        event.listen(database.engine, "connect", lambda connection, _: connection.execute(pragma))

    def work(holding: Holding, stop: threading.Event) -> None:
        client: Client[Job] = Client(
            settings.api_url, str(settings.bot_token), timeout=arguments.timeout
        )
        engine = Engine(
            database,
            client,
            holding,
            rate=settings.send_rate,
            token_pause=arguments.token_pause,
        )
        try:
            engine.run(stop)
        finally:
            client.close()

    part = LeasedPart(Holding(database, DELIVERY), work)
    asked = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: asked.set())
    part.start()
    asked.wait()
    part.ask_to_stop()
    part.join()
    database.dispose()


def fork_for_each_line(arguments: argparse.Namespace) -> None:
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            send(arguments)
            logging.shutdown()
            os._exit(0)
        print(child, flush=True)
        os.waitpid(child, 0)
        print("ended", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("home")
    parser.add_argument("--fork", action="store_true")
    parser.add_argument("--timeout", type=float, default=30.0)
    parser.add_argument("--checkpoint", type=int, default=1000)  # SQLite's own default
    parser.add_argument("--token-pause", type=float, default=TOKEN_PAUSE_SECONDS)
    arguments = parser.parse_args()
    (fork_for_each_line if arguments.fork else send)(arguments)


if __name__ == "__main__":
    main()
