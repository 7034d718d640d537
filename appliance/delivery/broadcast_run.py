"""Broadcasts under way: claiming recipients, and recording what became of them."""

import heapq
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from appliance.crud import deliveries
from appliance.crud.broadcasts import broadcasts, events
from appliance.crud.deliveries import DeliveryOutcome, Tally
from appliance.database import ROWS_PER_LOOK
from appliance.delivery.answers.classify import Kind
from appliance.delivery.answers.refusal_net import WAVE, WAVE_WINDOW, RefusalNet, Stop
from appliance.delivery.broadcast_calls import BroadcastCalls
from appliance.delivery.canary import Canary
from appliance.delivery.engine_config import EngineConfig
from appliance.delivery.jobs import Job, Moment, Result
from appliance.delivery.pacer import ChatPacer
from appliance.delivery.quiet_hours import QuietHours
from appliance.errors import Localized, localized
from appliance.models import Broadcast, BroadcastStatus, ChatStatus, DeliveryState


class Run:
    """One running broadcast. The ledger has the facts; this is where the engine stands."""

    def __init__(
        self,
        session: Session,
        broadcast: Broadcast,
        chat_pacer: ChatPacer,
        config: EngineConfig | None = None,
    ) -> None:
        config = config or EngineConfig()
        self.id = broadcast.id
        self.version = broadcast.version
        self.priority = broadcast.priority
        self._pacer = chat_pacer
        self._calls = BroadcastCalls(session, broadcast, config)
        self._canary = Canary(broadcast)
        self._quiet = QuietHours(broadcast.quiet, config.timezone) if broadcast.quiet else None
        self._after: int | None = None
        self._until: int | None = None  # the end of the span that is looked through; None: no end
        self._in_span = False
        self._exhausted = False
        self._searching = False  # the last span held nobody to send to, and there is another
        self._later: list[tuple[float, int]] = []  # (monotonic time, chat id), a heap
        self._tries: dict[int, int] = {}  # of recipients that wait for another try
        self._net = RefusalNet(anything_sent=_sent_as_it_is(session, broadcast))
        self.halted = False
        """Whether the last exchange found that it must not go on: it is halted or paused now."""

    @property
    def finished(self) -> bool:
        """Nothing is left to claim or to try again, as far as this run knows."""
        return self._exhausted and not self._later and not self._canary.waits

    @property
    def walking(self) -> bool:
        """Whether the ledger is gone through, and the next part should follow soon."""
        return self._searching or self._canary.counting

    def due(self, now: Moment) -> bool:
        """Whether there may be something to claim or to decide now."""
        if self._later and self._later[0][0] <= now.mono:
            return True
        if self._exhausted:
            return self._quiet is not None and not self._quiet.sleeping(now)
        return self._canary.room(1) > 0 or self._canary.due(now)

    def hurry(self, now: Moment) -> None:
        """Whoever waits for another try gets it now."""
        self._later = [(min(at, now.mono), chat_id) for at, chat_id in self._later]
        heapq.heapify(self._later)

    def record(self, session: Session, results: list[Result], now: Moment) -> None:
        """For a run that is over: what it still hears decides nothing about the next one."""
        tally = Tally(self.id)
        self._record(session, results, tally, now)
        self._calls.learn(session, results)
        tally.write(session)

    def exchange(
        self, session: Session, results: list[Result], limit: int, now: Moment
    ) -> list[Job]:
        """Write the outcomes, claim the next recipients, write the counters once."""
        tally = Tally(self.id)
        self._record(session, results, tally, now)
        self._net.see(result.verdict for result in results if result.retry_at is None)
        self.halted = self._stop_if_hopeless(session, now)
        self._calls.learn(session, results)
        room = self._calls.room(self._canary.room(limit))
        chat_ids = [] if self.halted else self._claim(session, room, tally, now)
        self._canary.count(len(chat_ids), sum(r.retry_at is not None for r in results))
        # The counters before the canary is judged, which reads them.
        tally.write(session)
        self.halted = self.halted or self._canary.judge(session, now)
        tries = [(chat_id, self._tries.get(chat_id, 0)) for chat_id in chat_ids]
        return self._calls.jobs(session, self, self.id, tries, now) if chat_ids else []

    def _claim(self, session: Session, limit: int, tally: Tally, now: Moment) -> list[int]:
        if limit <= 0:
            return []
        chat_ids = self._claim_due(session, limit, tally, now)
        if len(chat_ids) < limit and not self._exhausted:
            chat_ids += self._claim_next(session, limit - len(chat_ids), tally, now)
        return chat_ids

    def _record(self, session: Session, results: list[Result], tally: Tally, now: Moment) -> None:
        migrated = [r for r in results if r.verdict.kind == Kind.MIGRATED]
        outcomes = [self._outcome(r) for r in results if r not in migrated]
        deliveries.record(session, self.id, outcomes, int(now.wall), tally=tally)
        for result in migrated:
            self._move(session, result, now)

    def close(self, session: Session, now: Moment) -> bool:
        """Done, when the ledger agrees that nothing is outstanding; else look again."""
        # While somebody sleeps it is not done, and looking again would be a walk for nothing.
        if self._quiet and self._quiet.sleeping(now):
            return False
        if broadcasts.finish(session, self.id, datetime.fromtimestamp(now.wall, UTC)):
            return True
        if not (self._quiet and self._quiet.wait(now)):
            # From the start: whoever was put back, or slept, lies before the cursor.
            self._after, self._in_span, self._exhausted = None, False, False
        return False

    def _claim_due(self, session: Session, limit: int, tally: Tally, now: Moment) -> list[int]:
        """Those that waited: for their chat, for a flood pause, for another try.

        Who has fallen asleep meanwhile is found again among the pending ones after waking.
        """
        due: list[int] = []
        while self._later and self._later[0][0] <= now.mono and len(due) < limit:
            due.append(heapq.heappop(self._later)[1])
        if due and self._quiet and (asleep := self._quiet.asleep(session, now)):
            awake = deliveries.awake(session, due, asleep, self._quiet.default_zone)
            due = [chat_id for chat_id in due if chat_id in awake]
        return deliveries.take(session, self.id, due, int(now.wall), tally)

    def _claim_next(self, session: Session, limit: int, tally: Tally, now: Moment) -> list[int]:
        rows = self._peek(session, limit, now)
        self._searching = not rows and not self._exhausted
        waiting = {chat_id for _, chat_id in self._later}
        ready, away = [], []
        for chat_id, status in rows:
            if chat_id in waiting:  # pending in the ledger, and its time is known here
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

    def _peek(self, session: Session, limit: int, now: Moment) -> list[tuple[int, str | None]]:
        """The next in this span of the ledger, and in the one after it where this one ends."""
        rows = self._peek_span(session, limit, now)
        if len(rows) < limit and not self._exhausted:
            # One more and no further: each look is up to 10,000 lines, while other writers wait.
            rows += self._peek_span(session, limit - len(rows), now)
        return rows

    def _peek_span(self, session: Session, limit: int, now: Moment) -> list[tuple[int, str | None]]:
        asleep, zone = frozenset[str](), "UTC"
        if self._quiet is not None:
            asleep, zone = self._quiet.asleep(session, now), self._quiet.default_zone
        if not self._in_span:
            self._until = deliveries.span_end(session, self.id, self._after, ROWS_PER_LOOK)
            self._in_span = True
        rows = deliveries.peek(session, self.id, self._after, limit, asleep, zone, self._until)
        if len(rows) == limit:
            self._after = rows[-1][0]
        else:
            self._exhausted = self._until is None
            self._after, self._in_span = self._until, False
        return list(rows)

    def _outcome(self, result: Result) -> DeliveryOutcome:
        chat_id, verdict = result.job.chat_id, result.verdict
        if result.retry_at is not None:
            heapq.heappush(self._later, (result.retry_at, chat_id))
            if result.counts:
                self._tries[chat_id] = result.job.tries + 1
            return DeliveryOutcome(chat_id, result.state, counts=result.counts)
        self._tries.pop(chat_id, None)
        return DeliveryOutcome(chat_id, result.state, verdict.reason, verdict.message_id)

    def _stop_if_hopeless(self, session: Session, now: Moment) -> bool:
        """Refused, and refused again: nobody else shall be, and a person decides."""
        stop = self._net.stop
        if stop is None:
            return False
        if stop == Stop.HALT:
            to, note = BroadcastStatus.HALTED, self._net.words
        else:
            to, note = BroadcastStatus.PAUSED, _wave(self._net.words).dump()
        if not broadcasts.change_status(session, self.id, broadcasts.OPEN, to, note=note):
            return False
        if stop == Stop.PAUSE:
            wall = datetime.fromtimestamp(now.wall, UTC)
            events.add(session, self.id, "engine", "pause", {"reason": self._net.words}, wall)
        return True

    def _move(self, session: Session, result: Result, now: Moment) -> None:
        """The group has a new id: its line waits under that."""
        new = result.verdict.migrate_to
        if new is not None and deliveries.move(
            session, self.id, result.job.chat_id, new, int(now.wall)
        ):
            heapq.heappush(self._later, (now.mono, new))


def _sent_as_it_is(session: Session, broadcast: Broadcast) -> bool:
    """Whether somebody got this version of the content, by the ledger: also after a restart."""
    before = events.sent_before_last_edit(session, broadcast.id) if broadcast.version > 1 else 0
    return broadcast.sent > before


def _wave(words: str) -> Localized:
    return localized(
        "{count} of the last {window} were refused with the same words: {reason}",
        count=WAVE,
        window=WAVE_WINDOW,
        reason=words,
    )
