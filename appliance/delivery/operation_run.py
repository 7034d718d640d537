"""Edits and recalls under way: a call a delivered message, paced like everything else.

Both calls may be repeated: an identical edit is "not modified", a deleted message is "not found".
So nothing is claimed in the ledger; what is stored is a cursor, the last chat with all before it
done, and a crash repeats at most what was in flight. Those whose message was itself in flight when
it began come last, and are stored until they are done: each message counts once.
"""

import heapq
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial

from sqlalchemy.orm import Session

from appliance.crud.broadcasts import albums, broadcasts, operations, recipients
from appliance.crud.broadcasts.operations import Delivered, Progress
from appliance.delivery.answers.classify import Kind, Verdict
from appliance.delivery.answers.refusal_net import RefusalNet
from appliance.delivery.engine_config import EngineConfig
from appliance.delivery.jobs import Job, Moment, Result, encode, prepared
from appliance.models import MAX_ID, Broadcast, Operation
from appliance.services import content
from appliance.services.broadcasts.changes import RECALL_LIMIT
from appliance.services.broadcasts.click_tracking import Tracker, tracker_for

MAX_TRIES = 5
UNKNOWN_RETRY_SECONDS = 1.0
"""When a call without an answer is made again: it may be repeated, unlike one that sends."""

DONE, FAILED, TOO_OLD = "done", "failed", "too_old"

_ALREADY_SO = {
    "edit": ("message is not modified",),
    "recall": ("message to delete not found",),
}


class OperationRun:
    """One running operation. `window` holds what is under way, in the order of chat ids."""

    def __init__(
        self, operation: Operation, broadcast: Broadcast, tracker: Tracker | None = None
    ) -> None:
        self.id = operation.id
        self.priority = broadcast.priority
        self._broadcast_id = broadcast.id
        self._kind = operation.kind
        self._tracker = tracker
        self._message = tracker.message(broadcast) if tracker else broadcast
        self._editor = content.editor(self._message)
        self._after = operation.cursor
        self._cursor = operation.cursor
        self._until = int(operation.created_at.timestamp())
        self._late = set(operation.late)
        self._stored = Progress(operation.cursor, frozenset(operation.late))
        self._exhausted = False
        self._window: OrderedDict[int, tuple[str, str | None] | None] = OrderedDict()
        self._messages: dict[int, int] = {}
        self._later: list[tuple[float, int]] = []
        self._tries: Counter[int] = Counter()
        self._net = RefusalNet(anything_sent=operation.done > 0)
        self.done = False
        """Whether nothing is left to do, for this run at least."""

    def due(self, now: Moment) -> bool:
        """Whether there may be something to send now."""
        if self._later and self._later[0][0] <= now.mono:
            return True
        return not self._exhausted or bool(self._late)

    def hurry(self, now: Moment) -> None:
        """Whoever waits for another try gets it now."""
        self._later = [(min(at, now.mono), chat_id) for at, chat_id in self._later]
        heapq.heapify(self._later)

    def record(self, session: Session, results: list[Result], now: Moment) -> None:
        self.exchange(session, results, 0, now)

    def exchange(
        self, session: Session, results: list[Result], limit: int, now: Moment
    ) -> list[Job]:
        """Take in what became of calls, move the cursor, hand out the next calls."""
        for result in results:
            self._take_in(result, now)
        hopeless = self._net.stop is not None
        jobs = self._claim(session, limit, now) if limit > 0 and not hopeless else []
        self._advance(session, now)
        if hopeless and not self.done:
            self.done = True
            wall = datetime.fromtimestamp(now.wall, UTC)
            operations.pause_running(session, self.id, self._net.words, wall)
        return jobs

    def _claim(self, session: Session, limit: int, now: Moment) -> list[Job]:
        due: list[int] = []
        while self._later and self._later[0][0] <= now.mono and len(due) < limit:
            due.append(heapq.heappop(self._later)[1])
        chats = due + self._next(session, limit - len(due), now)
        return self._jobs(session, chats) if chats else []

    def _next(self, session: Session, limit: int, now: Moment) -> list[int]:
        if limit <= 0 or self.done:
            return []
        rows: list[Delivered] = []
        if not self._exhausted:
            rows = operations.peek_delivered(
                session, self._broadcast_id, self._after, limit, self._until
            )
            self._exhausted = not rows
            self._after = rows[-1][0] if rows else self._after
            rows = [row for row in rows if row[0] not in self._late]
        # After all others: the cursor says that everything up to it is done, and these lie
        # anywhere.
        elif self._late and not self._window:
            rows = self._next_late(session)[:limit]
        return [row[0] for row in rows if self._enter(row, now)]

    def _next_late(self, session: Session) -> list[Delivered]:
        """Those that were in flight when this began, as soon as all of them have an outcome."""
        rows, unfinished = operations.find_delivered(session, self._broadcast_id, self._late)
        if unfinished:
            return []
        self._late = {chat_id for chat_id, *_ in rows}
        return rows

    def _enter(self, row: Delivered, now: Moment) -> bool:
        """Put a message into the window; False when it is too old for Telegram."""
        chat_id, message_id, sent_at = row
        self._messages[chat_id] = message_id
        too_old = self._kind == "recall" and sent_at < now.wall - RECALL_LIMIT.total_seconds()
        self._window[chat_id] = (TOO_OLD, None) if too_old else None
        return not too_old

    def _take_in(self, result: Result, now: Moment) -> None:
        chat_id, verdict = result.job.chat_id, result.verdict
        if chat_id not in self._window:
            return  # done already, by an earlier try
        if result.retry_at is not None:
            self._tries[chat_id] += int(result.counts)
            heapq.heappush(self._later, (result.retry_at, chat_id))
        elif verdict.kind == Kind.UNKNOWN and self._tries[chat_id] < MAX_TRIES:
            self._tries[chat_id] += 1
            heapq.heappush(self._later, (now.mono + UNKNOWN_RETRY_SECONDS, chat_id))
        else:
            self._window[chat_id] = outcome = self._outcome(verdict)
            # "Not modified" is a refusal in Telegram's words, and a success here.
            self._net.see([Verdict(Kind.SENT) if outcome[0] == DONE else verdict])

    def _outcome(self, verdict: Verdict) -> tuple[str, str | None]:
        description = (verdict.description or "").lower()
        if verdict.kind == Kind.SENT or any(
            phrase in description for phrase in _ALREADY_SO[self._kind]
        ):
            return DONE, None
        if "message can't be deleted" in description:
            return TOO_OLD, None
        return FAILED, verdict.reason

    def _advance(self, session: Session, now: Moment) -> None:
        """Fold what is done from the front of the window into the stored counters."""
        counts: Counter[str] = Counter()
        reasons: Counter[str] = Counter()
        while self._window:
            chat_id, outcome = next(iter(self._window.items()))
            if outcome is None:
                break
            self._leave(chat_id)
            counts[outcome[0]] += 1
            if outcome[1]:
                reasons[outcome[1]] += 1
        self.done = self._exhausted and not self._late and not self._window
        if not counts and not self.done:
            return
        was, self._stored = self._stored, Progress(self._cursor, frozenset(self._late))
        if not operations.advance(session, self.id, was, self._stored, counts, reasons):
            self.done = True  # paused, cancelled or in other hands: it is not this run's any more
        elif self.done:
            operations.finish(session, self.id, datetime.fromtimestamp(now.wall, UTC))

    def _leave(self, chat_id: int) -> None:
        """Out of the front of the window: a crash does not come back to it."""
        del self._window[chat_id], self._messages[chat_id]
        self._tries.pop(chat_id, None)
        if chat_id in self._late:
            self._late.discard(chat_id)
            self._cursor = MAX_ID  # all others are done, or these would not be looked at yet
        else:
            self._cursor = chat_id

    def _jobs(self, session: Session, chats: Sequence[int]) -> list[Job]:
        recall = self._kind == "recall"
        call_for = self._deletions(session, chats) if recall else self._edits(session, chats)
        return [
            prepared(partial(self._job, call_for, chat), self, self.id, chat, self._tries[chat])
            for chat in chats
        ]

    def _job(self, call_for: Callable[[int], content.Call], chat_id: int) -> Job:
        method, params = call_for(chat_id)
        body = self._body(chat_id, params)
        return Job(self, self.id, chat_id, method, body, self._tries[chat_id])

    def _deletions(self, session: Session, chats: Sequence[int]) -> Callable[[int], content.Call]:
        is_album = len(self._message.media or ()) > 1
        album_ids = albums.ids_of(session, self._broadcast_id, chats) if is_album else {}
        return lambda chat_id: content.delete_call(
            self._message, self._messages[chat_id], album_ids.get(chat_id)
        )

    def _edits(self, session: Session, chats: Sequence[int]) -> Callable[[int], content.Call]:
        people = recipients.people_of(session, chats) if self._editor.needs_person else {}
        return lambda chat_id: self._editor.edit(self._messages[chat_id], people.get(chat_id))

    def _body(self, chat_id: int, params: content.Params) -> bytes:
        body = encode({"chat_id": chat_id, **params})
        return self._tracker.fill(body, chat_id) if self._tracker else body


def load(session: Session, operation_id: int, config: EngineConfig) -> OperationRun:
    """The operation with its broadcast. Raises NotFound."""
    operation = operations.find(session, operation_id)
    broadcast = broadcasts.get(session, operation.broadcast_id)
    tracker = tracker_for(session, config.site_url, config.secret, broadcast)
    return OperationRun(operation, broadcast, tracker)
