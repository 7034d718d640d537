"""The updates part alone in a process, for tests that end it: nothing is sent, answers stay queued.

    listener_process.py HOME [--webhook PORT]

Nothing runs at first: each line read is a start. It prints the new process's id, and a line more
when that process has ended. A fork of a warm parent starts in 20 ms. With --webhook the web part
runs beside it and Telegram calls that port.
"""

import argparse
import dataclasses
import os
import sys
import threading
from pathlib import Path

from appliance.config import Settings
from appliance.database import Database
from appliance.runtime.logs import set_up
from appliance.runtime.parts import LeasedPart
from appliance.runtime.updates import UpdatesPart
from appliance.runtime.webserver import WebPart
from appliance.services.leases import UPDATES, Holding
from appliance.web import body_limits, create_app


def listen(settings: Settings, by_webhook: bool) -> None:
    """Until it is killed."""
    set_up(settings)
    app = create_app(settings, on_update=lambda: updates.wake()) if by_webhook else None
    database = Database.of(app) if app else Database(settings.database_url)
    updates = UpdatesPart(
        lambda: settings,
        database,
        lambda: None,
        by_webhook=by_webhook,
        web_is_here=by_webhook,
    )
    if app:
        WebPart(app, settings, database, body_limits(app)).start()
    LeasedPart(Holding(database, UPDATES), updates.run).start()
    threading.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("home")
    parser.add_argument("--webhook", type=int)
    arguments = parser.parse_args()
    settings = Settings.load(Path(arguments.home))
    if arguments.webhook:
        settings = dataclasses.replace(settings, bot_mode="webhook", port=arguments.webhook)
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            listen(settings, bool(arguments.webhook))
        print(child, flush=True)
        os.waitpid(child, 0)
        print("ended", flush=True)


if __name__ == "__main__":
    main()
