"""Handles what is stored, in the order of its arrival, and answers through the outbox."""

import logging
import time
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from appliance.bot.dispatcher import Dispatcher
from appliance.bot.failures import judge, where
from appliance.crud import updates
from appliance.crud.chats import chats
from appliance.crud.updates import Waiting
from appliance.database import Database, is_busy
from appliance.models import utcnow
from appliance.outages import level_of

log = logging.getLogger(__name__)

IDLE_SECONDS = 0.5
"""Pause between two queries for stored updates; a source in this process ends it by waking."""

SHARED_IDLE_SECONDS = 0.05
"""The same where another process stores, which cannot wake this one: a query costs 0.1 ms."""

BATCH = 50  # updates
BATCH_SECONDS = 0.02
"""Limits of one transaction: one fsync serves many updates, and no other writer waits for long."""

ENGINE_WAKE_SECONDS = 0.05
"""While a backlog is worked off, the engine is woken for new answers at most this often."""

MAX_TRIES = 5
"""Of one update while the database fails; after that the update itself counts as the cause."""

_DATABASE_FAILS = (OperationalError, InterfaceError)

Clock = Callable[[], datetime]


class Handler:
    """Handles stored updates in order, several in one transaction, where none harms another."""

    def __init__(
        self,
        database: Database,
        dispatcher: Dispatcher,
        *,
        on_handled: Callable[[], None] = lambda: None,
        clock: Clock = utcnow,
        idle_seconds: float = IDLE_SECONDS,
        batch_seconds: float = BATCH_SECONDS,
    ) -> None:
        """`on_handled` is called when updates were handled: answers may wait in the outbox."""
        self.trouble: str | None = None
        """A line for `appliance status` while nothing can be handled."""
        self.handled = 0
        """Number of updates handled so far."""
        self._database = database
        self._dispatcher = dispatcher
        self._on_handled = on_handled
        self._clock = clock
        self._idle_seconds = idle_seconds
        self._batch_seconds = batch_seconds
        self._current: Waiting | None = None
        self._behind = False  # more waits than the last batch took
        self._reported, self._reported_at = 0, 0.0
        self._careful = False  # each update in a savepoint, because one of the batch failed
        self._failing: tuple[int, int] = (0, 0)  # the update the database fails at, and how often

    def step(self) -> float:
        """Handle a batch; returns the seconds to wait before the next. Raises nothing."""
        self._current = None
        try:
            # By a snapshot first: with a writing transaction the write lock would be taken up to 20
            # times a second for nothing. While it is behind, the answer is known.
            handled = (self._behind or self._any_waiting()) and self._handle_batch() > 0
        except Exception as error:
            return self._pause(error)
        self.trouble = None
        self._report(time.monotonic())
        return 0.0 if handled else self._idle_seconds

    def _report(self, now: float) -> None:
        due = not self._behind or now - self._reported_at >= ENGINE_WAKE_SECONDS
        if self._reported < self.handled and due:
            self._reported, self._reported_at = self.handled, now
            self._on_handled()

    def _any_waiting(self) -> bool:
        with self._database.reading() as session:
            return updates.any_waiting(session)

    def _handle_batch(self) -> int:
        """Handle a batch; returns how many updates. Their effects, their answers and the marks that
        they are handled are one commit.

        The first attempt uses no savepoints, and so no statement between two updates unless a
        handler makes one. When an update fails, the batch is rolled back and repeated with one
        savepoint an update, which costs two statements each.
        """
        try:
            count = self._transact()
        except Exception:
            if self._careful:
                raise
            # Stays so until the culprit is behind us (below), or each batch would fail once more.
            self._careful = True
            return self._handle_batch()
        if self._current and self._current.seq >= self._failing[0]:
            self._careful, self._failing = False, (0, 0)
        self.handled += count
        return count

    def _transact(self) -> int:
        now = self._clock()
        end = time.monotonic() + self._batch_seconds
        count, done = 0, list[int]()
        with self._database.writing() as session:
            # After a failure one by one: what waits before the culprit is not held up by it.
            rows = updates.take(session, 1 if self._failing[1] else BATCH)
            loaded = chats.lock(session, {chat_id for row in rows for chat_id in _chats_of(row)})
            for row in rows:
                self._current = row
                count += 1
                if self._handle(session, row, now):
                    done.append(row.seq)
                # After an update and not before it: one that takes long is handled all the same.
                if time.monotonic() >= end:
                    break
            self._behind = count < len(rows) or count == BATCH
            del loaded  # the session holds rows weakly: without this each would be loaded again
            if done:
                updates.mark_handled(session, done, now)
        return count

    def _handle(self, session: Session, row: Waiting, now: datetime) -> bool:
        """Whether it could be handled; if not, what it changed is rolled back and it is set aside.

        Raises what a handler raises, in two cases: without savepoints, and when the database fails,
        until the update was tried `MAX_TRIES` times.
        """
        if not self._careful:
            self._dispatcher.dispatch(session, row.payload, now)
            return True
        try:
            with session.begin_nested():
                self._dispatcher.dispatch(session, row.payload, now)
            return True
        except Exception as error:
            fails = isinstance(error, _DATABASE_FAILS) or is_busy(error)
            if fails and self._tries(row.seq) < MAX_TRIES:
                raise
            failure = error
        # The kind and place of the failure, not its words: they may say what somebody wrote.
        log.error("update %d is set aside: %s", row.seq, where(failure))
        updates.set_aside(session, row.seq, type(failure).__name__, now)
        self._apologise(session, row, now)
        return False

    def _apologise(self, session: Session, row: Waiting, now: datetime) -> None:
        # In a savepoint of its own: that it is set aside must be stored, whatever becomes of this.
        try:
            with session.begin_nested():
                self._dispatcher.apologise(session, row.payload, now)
        except Exception as error:
            log.error("update %d: no apology either: %s", row.seq, where(error))

    def _tries(self, seq: int) -> int:
        return self._failing[1] if self._failing[0] == seq else 0

    def _pause(self, error: Exception) -> float:
        seq = self._current.seq if self._current else 0
        tries = self._tries(seq)
        trouble = judge(error, tries)
        # By update: when another one fails next, its tries are counted from the start.
        self._failing = (seq, tries + 1)
        self.trouble = f"updates wait: {trouble.state}"
        log.log(level_of(error), "%s (%s)", self.trouble, type(error).__name__)
        return trouble.seconds


def _chats_of(row: Waiting) -> set[int]:
    """Whose rows its handler changes; where a group became a supergroup, those of both ids."""
    message = row.payload.get("message")
    other = message.get("migrate_to_chat_id") if isinstance(message, dict) else None
    return {number for number in (row.chat_id, other) if type(number) is int}
