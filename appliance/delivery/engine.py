"""The engine: one thread, one loop, the only sender.

Each turn of the loop collects answers, settles (one transaction that writes the outcomes and
claims what will leave until the next one) and starts what the budget allows. `sending` is
committed before a request leaves and the outcome after it, in batches by time: what a kill leaves
`unknown` is at most rate × (latency + 2 × SETTLE_SECONDS + CLAIM_AHEAD_SECONDS), 190 at 1,000/s
and 11 at 30/s, for a latency of 50 ms.
"""

import gc
import logging
import math
import threading
import time
from collections import deque

from sqlalchemy.exc import SQLAlchemyError

from appliance import clock
from appliance.database import Database
from appliance.delivery.answers.classify import Kind, Verdict, classify
from appliance.delivery.client import Client
from appliance.delivery.coordinator import Coordinator
from appliance.delivery.engine_config import EngineConfig
from appliance.delivery.jobs import Job, Moment, Result, not_prepared
from appliance.delivery.outbox import Outbox, is_paced
from appliance.delivery.pacer import ChatPacer, Pacer
from appliance.delivery.retry_policy import TOKEN_PAUSE_SECONDS, RetryPolicy, again
from appliance.errors import localized
from appliance.outages import level_of
from appliance.services.leases import Holding
from appliance.services.timing.pace import FAST_RATE
from appliance.services.timing.steady import SteadyClock

log = logging.getLogger(__name__)

SETTLE_SECONDS = (0.05, 0.14)
"""Between two transactions: at a high rate, at a low one. An fsync each; what a kill leaves
`unknown` grows with it."""

URGENT_SETTLE_SECONDS = 0.005
"""The same, when somebody waits for an answer."""

WALK_SETTLE_SECONDS = 0.015
"""The same, while a ledger is gone through by parts: SQLite's waiting writers look again after 1,
2, 5, 10 ms, so one that came at the start of a part finds the lock free before 20 ms are over."""

CLAIM_AHEAD_SECONDS = 0.04
"""Of sending, claimed beyond the next transaction, which takes 15 ms. With 20 ms what was claimed
ran out before each transaction at 1,000/s, and went out in a burst after it."""

WORK_POLL_SECONDS = 0.2
"""Between two looks for work of other processes."""

GROUP_SECONDS = 0.005
"""Above 200/s calls are started in groups, that long apart: half the CPU."""

GROUP_FACTOR = 3
"""How much of an even flow a group may hold: as fast is made up for what a commit held up."""

DRAIN_SECONDS = 8.0
"""What calls in flight get on stop; systemd kills after 15."""

STALE_CLAIM_SECONDS = 5.0
"""A process that slept for so long asks whether the lease (12 s) is still its own."""

DATABASE_RETRY_SECONDS = 1.0
"""Between two tries of a database that fails."""


def wall_and_monotonic() -> Moment:
    return Moment(time.time() + clock.ahead(), time.monotonic())


class Engine:
    """Sends what the outbox and the running broadcasts hold. See `run`."""

    def __init__(
        self,
        database: Database,
        client: Client[Job],
        lease: Holding,
        *,
        rate: float,
        config: EngineConfig | None = None,
        clock: SteadyClock | None = None,
        token_pause: float = TOKEN_PAUSE_SECONDS,
    ) -> None:
        """`rate` is in messages a second over the whole bot, `token_pause` in seconds. `clock` is
        one that outlives this engine: a jump of the time may cost it its lease.
        """
        self._client = client
        self._pacer = Pacer(rate)
        self._chats = ChatPacer()
        self._coordinator = Coordinator(database, lease, self._chats, config, clock)
        self._retry_policy = RetryPolicy(self._pacer, self._chats, token_pause)
        self._group_seconds = GROUP_SECONDS if rate > FAST_RATE else 0.0
        self._group = math.ceil(GROUP_FACTOR * GROUP_SECONDS * max(rate, FAST_RATE))
        # Four messages a transaction, but not too seldom: each costs as much as ten messages.
        self._settle_every = min(SETTLE_SECONDS[1], max(SETTLE_SECONDS[0], 4 / rate))
        self._replies: deque[Job] = deque()
        self._broadcasts: deque[Job] = deque()
        self._finished: list[Result] = []
        self._hurry = threading.Event()
        self._state = "starting"
        self._settled_at = self._looked_at = self._sent_at = self._trouble_until = 0.0
        self._claimed_at = 0.0  # when the last transaction that claimed began

    @property
    def state(self) -> str:
        """In a few words, for `status`: idle, sending, flood pause, token refused, …"""
        return self._state

    def wake(self) -> None:
        """Something was queued: look at once. From any thread."""
        self._hurry.set()
        self._client.wake()

    def run(self, stop: threading.Event) -> None:
        """Send until `stop` is set or the lease is lost; then record what is in flight.

        Raises LeaseLost. A database that cannot be written stops the sending, says why in
        `state`, and is tried again every second.
        """
        # Else a full collection goes through the whole program once in a while, and for 65 ms
        # nothing leaves.
        gc.collect()
        gc.freeze()
        self.recover()
        try:
            while not stop.is_set():
                self.step()
        finally:
            self.drain()

    def recover(self) -> None:
        """After a crash: what was in flight is `unknown`; a flood pause goes on."""
        now = wall_and_monotonic()
        lost = self._coordinator.recover(now)
        if lost:
            log.warning("%d messages were in flight when the engine last ended: unknown", lost)
        self._retry_policy.extend_pause(self._coordinator.flood_pause, now)
        self._state = "idle"

    def step(self) -> None:
        """One turn of the loop; waits at most WORK_POLL_SECONDS seconds for something to happen."""
        self._collect(self._wait(wall_and_monotonic()))
        now = wall_and_monotonic()
        if self._settle_due(now):
            self._settle(now)
            now = wall_and_monotonic()
        self._dispatch(now)

    def drain(self, seconds: float = DRAIN_SECONDS) -> None:
        """Take back what did not leave, wait for what did, record both."""
        deadline = time.monotonic() + seconds
        self._put_back("stopped", time.monotonic())
        while self._client.in_flight and time.monotonic() < deadline:
            self._collect(0.1)
        try:
            self._coordinator.hand_in(self._finished, wall_and_monotonic())
        except SQLAlchemyError as error:
            log.error("the last outcomes could not be written: %s", _reason(error))
        self._finished.clear()

    @property
    def _ready(self) -> int:
        return len(self._replies) + len(self._broadcasts)

    def _wait(self, now: Moment) -> float:
        """Seconds until there is something to do besides answers."""
        until = self._looked_at + WORK_POLL_SECONDS
        if self._coordinator.walking(now):
            until = min(until, self._settled_at + WALK_SETTLE_SECONDS)
        elif self._finished or self._wanted(now):
            until = min(until, self._settled_at + self._settle_every)
        if self._hurry.is_set():
            until = min(until, self._settled_at + URGENT_SETTLE_SECONDS)
        if self._ready and self._client.room:
            due = max(self._pacer.ready_at(now.mono), self._sent_at + self._group_seconds)
            until = min(until, due)
        until = max(until, self._trouble_until)
        return min(max(0.0, until - now.mono), WORK_POLL_SECONDS)

    def _wanted(self, now: Moment) -> int:
        """How many more calls should be claimed now."""
        if not self._coordinator.work and not self._hurry.is_set():
            return 0
        due = self._pacer.due_within(now.mono, self._settle_every + CLAIM_AHEAD_SECONDS)
        return max(0, min(due, self._client.connections) - self._ready)

    def _settle_due(self, now: Moment) -> bool:
        since = now.mono - self._settled_at
        if now.mono < self._trouble_until:
            return False
        if since >= URGENT_SETTLE_SECONDS and self._hurry.is_set():
            return True
        if since >= WALK_SETTLE_SECONDS and self._coordinator.walking(now):
            return True
        if since >= self._settle_every and (self._finished or self._wanted(now)):
            return True
        return now.mono - self._looked_at >= WORK_POLL_SECONDS and self._look(now)

    def _look(self, now: Moment) -> bool:
        self._looked_at = now.mono
        try:
            return self._coordinator.look(now)
        except SQLAlchemyError as error:
            self._in_trouble(error, now)
            return False

    def _settle(self, now: Moment) -> None:
        wanted = self._wanted(now)  # as much as somebody is in a hurry for, when all was idle
        # Before the transaction: what is queued while it runs sets this again.
        self._hurry.clear()
        flood_seconds = self._retry_policy.flood_seconds
        try:
            if self._coordinator.doubtful:
                self._coordinator.reconcile(self._held(), now)
            jobs = self._coordinator.settle(self._finished, wanted, flood_seconds, self._state, now)
        except SQLAlchemyError as error:
            self._in_trouble(error, now)
            return
        self._claimed_at = now.mono
        self._finished.clear()
        self._retry_policy.flood_seconds = None
        for job in jobs:
            if job.fault is not None:
                self._finished.append(Result(job, job.fault))
            else:
                (self._replies if isinstance(job.source, Outbox) else self._broadcasts).append(job)
        # The pause may come from another part of the program, or from the engine before this one.
        pause = self._coordinator.flood_pause
        if self._retry_policy.end_pauses(pause):
            self._coordinator.hurry(now)
        elif self._retry_policy.extend_pause(pause, now):
            self._put_back("pause", self._pacer.paused_until)
        self._put_back_stopped(now)
        self._state = self._describe(now)
        self._sweep(now)
        self._settled_at = self._looked_at = time.monotonic()

    def _held(self) -> list[Job]:
        """Every job that is claimed here: about to leave, in flight, or with an outcome."""
        done = [result.job for result in self._finished]
        return [*self._replies, *self._broadcasts, *self._client.jobs, *done]

    def _sweep(self, now: Moment) -> None:
        """In a transaction of its own: what was claimed above is kept should this one fail."""
        try:
            self._coordinator.sweep(now)
        except SQLAlchemyError as error:
            self._in_trouble(error, now)

    def _dispatch(self, now: Moment) -> None:
        """Start what the budget allows; replies first."""
        if now.mono - self._sent_at < self._group_seconds or now.mono < self._trouble_until:
            return
        left = 0
        while self._ready and self._client.room and left < self._group:
            if self._is_stale():
                self._put_back("stale", now.mono)
                return
            queue = self._replies or self._broadcasts
            job = queue[0]
            paced = is_paced(job)
            free_at = self._chats.ready_at(job.chat_id, answer=queue is self._replies)
            if paced and free_at > now.mono:
                # Put back rather than waited for: whoever is behind them in the queue may be
                # written to now.
                self._finished.append(again(queue.popleft(), "chat_pause", free_at))
                continue
            # After the chat was asked: a message that cannot leave must not use up the bot's
            # budget.
            if not self._pacer.take(now.mono):
                return
            if paced:
                self._chats.note(job.chat_id, now.mono)
            self._start(queue.popleft())
            self._sent_at = now.mono
            left += 1

    def _is_stale(self) -> bool:
        """Whether this process was stopped and continued, by the clock of this very moment.

        What counts is when the transaction began, not when its commit was answered: a process that
        sleeps in between may wake up when another has the lease.
        """
        return time.monotonic() - self._claimed_at > STALE_CLAIM_SECONDS

    def _start(self, job: Job) -> None:
        try:
            if job.upload is None:
                self._client.start(job, job.method, job.body)
            else:
                self._client.upload(job, job.upload)
        except Exception as error:
            # Nothing left, and it is this message's fault: its file, its name, its size. Going on
            # with the error would end the engine, and all that is in flight would be `unknown`.
            log.warning("a call for chat %d could not begin: %s", job.chat_id, error)
            self._finished.append(Result(job, _not_begun(job, error)))

    def _collect(self, timeout: float) -> None:
        """Take the answers that came; a pause they ask for holds for what is claimed as well."""
        for job, answer in self._client.poll(timeout):
            now = wall_and_monotonic()
            self._finished.append(self._retry_policy.act(job, classify(answer), now))
            if self._pacer.paused_until > now.mono:
                self._put_back("pause", self._pacer.paused_until)

    def _put_back(self, reason: str, until: float) -> None:
        """Return what is claimed and has not left; it waits in the database, not in memory."""
        for queue in (self._replies, self._broadcasts):
            self._finished.extend(again(job, reason, until) for job in queue)
            queue.clear()

    def _put_back_stopped(self, now: Moment) -> None:
        """What was claimed for a broadcast that is paused or cancelled now does not leave."""
        stopped = [job for job in self._broadcasts if self._coordinator.is_stopped(job)]
        if stopped:
            self._finished.extend(again(job, "stopped", now.mono) for job in stopped)
            self._broadcasts = deque(
                j for j in self._broadcasts if not self._coordinator.is_stopped(j)
            )

    def _in_trouble(self, error: SQLAlchemyError, now: Moment) -> None:
        """The database failed: nothing was changed by the transaction; start again from it."""
        # Said once: the next try is in a second, and a full disk stays full for hours.
        if not self._state.startswith("database"):
            reason = _reason(error)
            log.log(level_of(error), "sending stopped, the database cannot be used: %s", reason)
        # 255 letters are what `leases.state` holds.
        self._state = f"database: {_reason(error)}"[:255]
        self._coordinator.forget()
        self._trouble_until = now.mono + DATABASE_RETRY_SECONDS

    def _describe(self, now: Moment) -> str:
        if self._pacer.paused_until > now.mono:
            return self._retry_policy.pause_reason
        return "sending" if self._coordinator.work or self._client.in_flight else "idle"


def _not_begun(job: Job, error: Exception) -> Verdict:
    if isinstance(error, OSError):
        words = localized("a file of this message cannot be read: {reason}", reason=error.strerror)
        return Verdict(Kind.CONTENT, "file_missing", words.dump())
    return not_prepared(error, Kind.CONTENT if job.upload else Kind.REFUSED)


def _reason(error: SQLAlchemyError) -> str:
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]
