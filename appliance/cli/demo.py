"""`appliance demo`: the main job at work, with simulated people and no token."""

import dataclasses
import json
import secrets
import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import click

from appliance.cli import follow
from appliance.cli.context import Context, common_options, pass_context
from appliance.cli.exits import asked_to_stop
from appliance.cli.input import Prompter
from appliance.cli.setup import InitOptions, make_home
from appliance.config import Settings
from appliance.crud.chats import chats
from appliance.crud.chats.chats import ChatFilter
from appliance.crud.messages import messages
from appliance.errors import Unavailable
from appliance.models import ChatStatus
from appliance.runtime import Runtime
from appliance.services.broadcasts import NewBroadcast, create

PEOPLE, BLOCKED, SLOW = 200, 12, 15
SLOW_MS = 900
ADMIN = "admin@example.org"
TEXT = (
    "<b>Summer party</b> on Saturday at six, in the club house.\n"
    "Летний праздник в субботу в шесть, в клубе.\n\n"
    "Bring something for the grill · <i>приносите что-нибудь на гриль</i>"
)


@click.command()
@click.option("--once", is_flag=True, help="End after the summary instead of serving on.")
@click.option("--port", type=click.IntRange(1, 65535), help="Default: 8080, or a free one.")
@common_options
@pass_context
def demo(context: Context, once: bool, port: int | None) -> None:
    """Watch everything work: a site, 200 simulated people, one broadcast.

    Everything lives in a temporary directory and is gone at the end. With --once the exit code is 0
    when every recipient was processed and none failed but those who blocked the bot.

    \b
    Examples:
      appliance demo
      appliance demo --once --json
    """
    password = secrets.token_urlsafe(12)
    with temporary_home() as home, asked_to_stop() as stop, running(home, password, port) as site:
        context.remark(f"A site with {PEOPLE} simulated people is starting …")
        people_arrive(context, site, stop)
        broadcast_id = site.broadcast(TEXT)
        with follow.progress_bar(context.progress) as show:
            document = follow.wait_for_end(site.database, broadcast_id, show, stop)
        context.emit(document, "\n" + follow.summary(document))
        if not once:  # else nothing is left to log in to
            context.remark(
                f"\nSite      {site.settings.site_url}\nAdmin     {ADMIN}\nPassword  {password}"
            )
            context.remark("Phones    Open “Phones” in the menu to read it as a Telegram user.")
            context.remark("\nCtrl-C ends it.")
            site.runtime.wait(stop)
        code = follow.outcome_code(document)
    sys.exit(code)


class Site:
    """The running demo."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.settings = runtime.settings
        self.database = runtime.database

    def ask_simulator(self, path: str, body: dict[str, Any]) -> Any:
        """POST to the simulator's control interface."""
        request = Request(  # noqa: S310 - the simulator's own address, on loopback
            f"{self.settings.api_url}/sandbox/{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urlopen(request, timeout=60) as answer:  # noqa: S310
            return json.load(answer)

    def known(self) -> int:
        with self.database.reading() as session:
            return chats.count(session, ChatFilter(status=ChatStatus.ACTIVE))

    def broadcast(self, text: str) -> int:
        with self.database.writing() as session:
            queued, _ = create(session, NewBroadcast(text, "html", to=("all",)))
            return queued.id


def people_arrive(context: Context, site: Site, stop: threading.Event) -> None:
    """Everybody presses Start; then some block the bot, of which it is told nothing."""
    crowd = {"count": PEOPLE, "slow": SLOW, "latency_ms": SLOW_MS, "start": True, "seed": 7}
    people = site.ask_simulator("people", crowd)["people"]
    with count_bar(context.progress, PEOPLE, "people press Start") as show:
        while (count := site.known()) < PEOPLE and not stop.wait(0.1):
            show(count)
        show(count)
    wait_for_silence(site, stop)  # before they block: an undelivered welcome would reveal it
    for person in people[:: PEOPLE // BLOCKED][:BLOCKED]:
        site.ask_simulator(f"people/{person['id']}/block", {"silent": True})


def wait_for_silence(site: Site, stop: threading.Event) -> None:
    """Wait until everybody was answered."""
    while not stop.wait(0.1):
        with site.database.reading() as session:
            if not messages.waiting(session)[0]:
                return


@contextmanager
def count_bar(visible: bool, length: int, label: str) -> Iterator[Callable[[int], None]]:
    """A bar on stderr; nothing when it is not wanted."""
    if not visible:
        yield lambda count: None
        return
    with click.progressbar(length=length, label=label, file=sys.stderr, width=30) as bar:
        yield lambda count: bar.update(count - bar.pos)


@contextmanager
def running(home: Path, password: str, port: int | None) -> Iterator[Site]:
    """Make a home and serve the site and the simulator from it."""
    options = InitOptions(admin_email=ADMIN, admin_password=password, sandbox=True)
    make_home(home, options, Prompter(interactive=False), environ={})
    settings = Settings.load(home, environ={})
    with Runtime(dataclasses.replace(settings, port=port or free_port())) as runtime:
        yield Site(runtime)


@contextmanager
def temporary_home() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="appliance-demo-"))
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def free_port() -> int:
    """8080, which people expect; any other where that is in use."""
    for port in (8080, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise Unavailable("no port of 127.0.0.1 is free")
