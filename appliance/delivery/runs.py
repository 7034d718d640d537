"""Broadcasts under way: freezing the audience, claiming recipients, recording what happened."""

import heapq
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from appliance.crud import audience, broadcasts, chats, deliveries
from appliance.crud.deliveries import DeliveryOutcome, Tally
from appliance.delivery.classify import Kind
from appliance.delivery.jobs import Body, Job, Moment, Result
from appliance.delivery.pacer import ChatPacer
from appliance.models import Broadcast, BroadcastStatus, ChatStatus, DeliveryState
from appliance.services import content
from appliance.services.broadcasts import audience_of

FREEZE_CHUNK = 5000  # rows a transaction: others wait some 6 ms, for a million in one 430
HALT_AFTER = 3  # content errors before anything was sent: every recipient would fail

_FINAL = {
    Kind.SENT: DeliveryState.SENT,
    Kind.UNKNOWN: DeliveryState.UNKNOWN,
}


class Run:
    """One running broadcast. The ledger has the facts; this is where the engine stands."""

    def __init__(self, broadcast: Broadcast, chat_pacer: ChatPacer) -> None:
        self.id = broadcast.id
        self._pacer = chat_pacer
        self._method, params = content.compose(broadcast.text, broadcast.format, broadcast.options)
        self._body = Body(params)
        self._after: int | None = None
        self._exhausted = False
        self._later: list[tuple[float, int]] = []  # (monotonic time, chat id), a heap
        self._tries: dict[int, int] = {}  # of recipients that wait for another try
        self._content_errors = 0
        self._anything_sent = broadcast.sent > 0
        self.halted = False
        """Whether the last exchange found that nobody can get this message."""

    @property
    def finished(self) -> bool:
        """Nothing is left to claim or to try again, as far as this run knows."""
        return self._exhausted and not self._later

    def exchange(
        self, session: Session, results: list[Result], limit: int, now: Moment
    ) -> list[Job]:
        """Write the outcomes, claim the next recipients, write the counters once."""
        tally = Tally(self.id)
        self._record(session, results, tally, now)
        self.halted = self._halt_if_hopeless(session, results)
        taken = [] if self.halted else self._claim(session, limit, tally, now)
        tally.write(session)
        return [self._job(chat_id) for chat_id in taken]

    def _claim(self, session: Session, limit: int, tally: Tally, now: Moment) -> list[int]:
        if limit <= 0:
            return []
        taken = self._claim_due(session, limit, tally, now)
        if len(taken) < limit and not self._exhausted:
            taken += self._claim_next(session, limit - len(taken), tally, now)
        return taken

    def _record(self, session: Session, results: list[Result], tally: Tally, now: Moment) -> None:
        """Write the outcomes; marks chats that are gone."""
        migrated = [r for r in results if r.verdict.kind == Kind.MIGRATED and r.retry_at is None]
        plain = [r for r in results if r not in migrated]
        outcomes = [self._outcome(r) for r in plain]
        deliveries.record(session, self.id, outcomes, int(now.wall), tally=tally)
        for result in plain:
            self._learn(session, result)
        for result in migrated:
            self._migrate(session, result, now)

    def close(self, session: Session, now: Moment) -> bool:
        """Done, when the ledger agrees that nothing is outstanding; else look again."""
        if broadcasts.finish(session, self.id, datetime.fromtimestamp(now.wall, UTC)):
            return True
        self._after, self._exhausted = None, False
        return False

    def _claim_due(self, session: Session, limit: int, tally: Tally, now: Moment) -> list[int]:
        """Those that waited: for their chat, for a flood pause, for another try."""
        due: list[int] = []
        while self._later and self._later[0][0] <= now.mono and len(due) < limit:
            due.append(heapq.heappop(self._later)[1])
        return deliveries.take(session, self.id, due, int(now.wall), tally)

    def _claim_next(self, session: Session, limit: int, tally: Tally, now: Moment) -> list[int]:
        rows = deliveries.peek(session, self.id, self._after, limit)
        if not rows:
            self._exhausted = True
            return []
        self._after = rows[-1][0]
        waiting = {chat_id for _, chat_id in self._later}
        ready, away = [], []
        for chat_id, status in rows:
            if chat_id in waiting:
                continue
            if status != ChatStatus.ACTIVE:
                # stopped or blocked the bot since the audience was frozen
                reason = f"chat_{status or 'forgotten'}"
                away.append(DeliveryOutcome(chat_id, DeliveryState.SKIPPED, reason, counts=False))
            elif (when := self._pacer.ready_at(chat_id)) > now.mono:
                heapq.heappush(self._later, (when, chat_id))
            else:
                ready.append(chat_id)
        deliveries.record(session, self.id, away, int(now.wall), DeliveryState.PENDING, tally)
        return deliveries.take(session, self.id, ready, int(now.wall), tally)

    def _job(self, chat_id: int) -> Job:
        tries = self._tries.get(chat_id, 0)
        return Job(self, self.id, chat_id, self._method, self._body.to(chat_id), tries)

    def _outcome(self, result: Result) -> DeliveryOutcome:
        chat_id, verdict = result.job.chat_id, result.verdict
        if result.retry_at is not None:
            heapq.heappush(self._later, (result.retry_at, chat_id))
            if result.counts:
                self._tries[chat_id] = result.job.tries + 1
            return DeliveryOutcome(chat_id, DeliveryState.PENDING, counts=result.counts)
        self._tries.pop(chat_id, None)
        state = _FINAL.get(verdict.kind, DeliveryState.FAILED)
        return DeliveryOutcome(chat_id, state, verdict.reason, verdict.message_id)

    def _learn(self, session: Session, result: Result) -> None:
        kind = result.verdict.kind
        if kind == Kind.SENT:
            self._anything_sent = True
        elif kind == Kind.CONTENT:
            self._content_errors += 1
        elif kind == Kind.GONE:
            gone = ChatStatus.LEFT if result.job.chat_id < 0 else ChatStatus.BLOCKED
            chats.set_status(session, result.job.chat_id, gone)

    def _halt_if_hopeless(self, session: Session, results: list[Result]) -> bool:
        """Content errors and nothing else: nobody can get this message, so stop and say why."""
        words = [r.verdict.words for r in results if r.verdict.kind == Kind.CONTENT]
        if not words or self._anything_sent or self._content_errors < HALT_AFTER:
            return False
        return broadcasts.change_status(
            session, self.id, broadcasts.OPEN, BroadcastStatus.HALTED, note=words[-1]
        )

    def _migrate(self, session: Session, result: Result, now: Moment) -> None:
        old, new = result.job.chat_id, result.verdict.migrate_to
        if new is None:
            return
        chats.migrate(session, old, new)
        if deliveries.move(session, self.id, old, new, int(now.wall)):
            heapq.heappush(self._later, (now.mono, new))


class Freezer:
    """Writes the audience of a scheduled broadcast into the ledger, some thousands at a time.

    The cursor is stored with each chunk, so a crash goes on where it stopped.
    """

    def step(self, session: Session, broadcast: Broadcast, now: Moment) -> bool:
        """Freeze one chunk; True when the whole audience is in the ledger and the run has begun."""
        wall = datetime.fromtimestamp(now.wall, UTC)
        written, last = audience.freeze(
            session,
            broadcast.id,
            audience_of(broadcast),
            broadcast.cursor,
            FREEZE_CHUNK,
            int(now.wall),
        )
        whole = written < FREEZE_CHUNK
        broadcasts.add_frozen(session, broadcast.id, written, last, wall if whole else None)
        if whole:
            broadcasts.change_status(
                session,
                broadcast.id,
                (BroadcastStatus.SCHEDULED,),
                BroadcastStatus.RUNNING,
                started_at=broadcast.started_at or wall,
            )
        return whole
