"""Queuing a broadcast from the command line, and following it to its end."""

import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NoReturn

import click

from appliance.cli import exits
from appliance.cli.context import Context, actor
from appliance.cli.process import streams
from appliance.crud.broadcasts import broadcasts as broadcasts_crud
from appliance.database import Database
from appliance.delivery.answers.refusals import GONE_REASONS
from appliance.errors import TryLater
from appliance.models import BroadcastStatus, utcnow
from appliance.runtime import delivering
from appliance.services import broadcasts
from appliance.services.broadcasts import NewBroadcast, as_document, schedules
from appliance.services.leases import DELIVERY
from appliance.services.status import is_running
from appliance.services.timing.steady import SteadyClock

PROGRESS_POLL_SECONDS = 0.2
"""Between two queries for the counters: a bar that moves five times a second looks alive."""

MISSED_CHECK_SECONDS = 1.0
"""Between two queries for broadcasts that missed their time; these write, the others only read."""

QUESTION_CHARACTERS = 300
"""Of the text above the question: whoever mistyped a command sees it there."""

ENDED = frozenset({BroadcastStatus.DONE, BroadcastStatus.CANCELLED, BroadcastStatus.HALTED})

Document = dict[str, Any]


def send(context: Context, new: NewBroadcast, *, wait: bool, ask: bool) -> None:
    """Queue a broadcast and say so; with `wait` follow it and end the process with its code."""
    database: Database = context.database
    if ask:
        _confirm(context, new)
    with database.writing() as session:
        queued, created = broadcasts.create(session, new, actor=actor())
        document = as_document(queued)
    context.done = exits.Done(f"broadcast {document['id']} is {document['status']}")
    if not created:
        context.remark(f"Key {new.key!r} was used before: this is broadcast {document['id']}.")
    if wait:
        document = follow(context, document["id"])
        code = outcome_code(document)
        context.done = exits.Done(f"broadcast {document['id']} is {document['status']}", code)
        text = summary({**document, "note": context.localize(document["note"])})
        (context.emit if code else context.report)(document, text)
        sys.exit(code)
    context.report(document, queued_line(context, document))
    if queued.starts_at is None or queued.starts_at <= utcnow():
        end_if_nothing_sends(context, f"broadcast {document['id']}")


def queued_line(context: Context, document: Document) -> str:
    """What becomes of it, and how to watch that."""
    number = document["id"]
    if document["status"] != BroadcastStatus.SCHEDULED:  # its key was used before
        return f"Broadcast {number} is {document['status']}."
    if document["starts_at"]:
        return f"Broadcast {number} is scheduled for {context.local(document['starts_at'])}."
    return f"Broadcast {number} is queued; `appliance broadcast show {number}` follows it."


def end_if_nothing_sends(context: Context, queued: str) -> None:
    """End with 75 and a line, also with --quiet, where no process sends what was queued.

    A cron job mails what is printed: a service that is down must not be silent for days.
    """
    with context.database.reading() as session:
        if is_running(session, DELIVERY):
            return
    streams.say(
        f"appliance: {queued} is queued, and nothing sends at the moment:"
        " it leaves when `appliance serve` runs"
    )
    sys.exit(exits.TRY_LATER)


def follow(context: Context, broadcast_id: int) -> Document:
    """Wait until the broadcast has ended; deliver it here whenever no other process does.

    SIGTERM and Ctrl-C end the process: what is in flight gets its outcome first, as in `serve`.
    """
    with exits.asked_to_stop() as stop:
        with engine_beside(context), progress_bar(context.progress) as show:
            document = wait_for_end(context.database, broadcast_id, show, stop)
        if stop.is_set() and document["status"] not in ENDED:
            stop_waiting(stop, f"broadcast {broadcast_id}", f"broadcast cancel {broadcast_id}")
    return document


def stop_waiting(stop: exits.StopRequest, what: str, command: str) -> NoReturn:
    """Whoever interrupts a wait may believe that they have stopped the sending."""
    streams.say(
        f"appliance: {what} is not over: it goes on where `appliance serve` runs, or else when it"
        f" does; `appliance {command}` ends it"
    )
    sys.exit(stop.exit_code)


def wait_for_end(
    database: Database,
    broadcast_id: int,
    show: Callable[[Document], None],
    stop: threading.Event | None = None,
) -> Document:
    """Poll the counters until the broadcast is done, cancelled or halted, or `stop` is set."""
    stop = stop or threading.Event()
    clock, check_missed_at = SteadyClock(), 0.0
    while True:
        if time.monotonic() >= check_missed_at:
            # The engine only passes over a broadcast that missed its time. The schedule part of
            # `serve` cancels it, but may not be running: then this loop would wait for ever.
            schedules.cancel_missed(database, clock.read(utcnow(), time.monotonic()))
            check_missed_at = time.monotonic() + MISSED_CHECK_SECONDS
        with database.reading() as session:
            document = as_document(broadcasts_crud.get(session, broadcast_id))
        show(document)
        # Cancelled is not over: what is in flight still gets its outcome, which the summary must
        # have.
        ended = document["status"] in ENDED and not document["sending"]
        if ended or stop.wait(PROGRESS_POLL_SECONDS):
            return document


def outcome_code(document: Document) -> int:
    """0: everybody got it or is gone; 1: halted or cancelled; 3: some failed or are unknown."""
    if document["status"] != BroadcastStatus.DONE:
        return exits.FAILED
    return exits.IN_PART if failures_of(document) or document["unknown"] else exits.DONE


def failures_of(document: Document) -> int:
    """How many recipients failed, without those who blocked the bot or left."""
    # Whoever blocked the bot is no failure of the sending: a cron job must not fail each night for
    # them.
    gone = sum(n for reason, n in document["reasons"].items() if reason in GONE_REASONS)
    return int(document["failed"] - gone)


def summary(document: Document) -> str:
    """The counters as a table."""
    rows: list[tuple[str, object]] = [
        (f"Broadcast {document['id']}", document["status"]),
        ("Recipients", document["recipients"]),
        ("Sent", document["sent"]),
        ("Failed", document["failed"]),
    ]
    rows += [(f"  {reason}", n) for reason, n in sorted(document["reasons"].items())]
    rows += [(name.capitalize(), document[name]) for name in ("skipped", "unknown", "pending")]
    if document["seconds"] is not None:
        rows += [("Seconds", f"{document['seconds']:.1f}"), ("Rate, 1/s", document["rate"])]
    lines = [f"{name:<18}{value!s:>12}" for name, value in rows]
    return "\n".join(lines + ([str(document["note"])] if document["note"] else []))


@contextmanager
def progress_bar(visible: bool) -> Iterator[Callable[[Document], None]]:
    """A function that shows the counters in a bar on stderr; it does nothing if not `visible`."""
    if not visible:
        yield lambda document: None
        return
    with ExitStack() as stack:
        bar: Any = None  # none before it is known for how many: a bar of length 0 divides by it

        def show(document: Document) -> None:
            nonlocal bar
            if bar is None and document["total"]:
                made = click.progressbar(
                    length=document["total"], file=sys.stderr, show_pos=True, width=30
                )
                bar = stack.enter_context(made)
            if bar is not None:
                bar.length = document["total"]  # it grows while the audience is frozen
                bar.label = f"sent {document['sent']}, failed {document['failed']}"
                bar.update(document["total"] - document["pending"] - document["sending"] - bar.pos)

        yield show


@contextmanager
def engine_beside(context: Context) -> Iterator[None]:
    """Run an engine that delivers whenever no other process does. Raises TryLater without a bot."""
    settings = context.settings
    with context.database.reading() as session:
        running = is_running(session, DELIVERY)
    if not settings.bot_enabled:
        if not running:
            raise TryLater("there is no bot (BOT_MODE=off or no BOT_TOKEN): it stays queued")
        yield
        return
    with delivering(settings, context.database):
        yield


def _confirm(context: Context, new: NewBroadcast) -> None:
    with context.database.reading() as session:
        preview = broadcasts.preview(session, context.settings, new)
    if preview.count:
        words = " ".join(new.text.split())
        audience = ", ".join([*new.to, *(f"not {word}" for word in new.exclude)])
        streams.say(textwrap.shorten(words, QUESTION_CHARACTERS, placeholder=" …"))
        question = (
            f"Send this to {preview.count} chats ({audience}; about {preview.seconds:.0f} s)?"
        )
        streams.ask(question)
