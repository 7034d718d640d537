"""The engine: one thread, one loop, the only sender.

Each turn of the loop collects answers, settles (one transaction that writes the outcomes and
claims what will leave in the next 70 ms) and starts what the budget allows. `sending` is
committed before a request leaves and the outcome after it, in batches by time: what a kill leaves
`unknown` is rate × (latency + SETTLE), 150 at 1,000/s and 5 at 30/s.
"""

import logging
import random
import threading
import time
from collections import Counter, deque
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from appliance.crud import broadcasts, deliveries, messages
from appliance.crud import settings as stored
from appliance.database import Database
from appliance.delivery.classify import Answer, Kind, Verdict, classify
from appliance.delivery.client import Client
from appliance.delivery.jobs import Job, Moment, Result
from appliance.delivery.outbox import Outbox, is_paced
from appliance.delivery.pacer import ChatPacer, Pacer
from appliance.delivery.runs import Freezer, Run
from appliance.models import BroadcastStatus
from appliance.services.broadcasts import sweep_cancelled
from appliance.services.leases import Holding

log = logging.getLogger(__name__)

SETTLE = 0.05  # seconds between two transactions
HURRY = 0.005  # the same, when somebody waits for an answer or an audience is being frozen
AHEAD = 0.07  # seconds of sending that are claimed in advance; a little over SETTLE
LOOK = 0.2  # seconds between two looks for work of other processes
QUANTUM = 0.005  # above 200/s: send in groups, which halves the CPU
BEAT = 3.0  # seconds between two signs of life
DRAIN = 8.0  # seconds that calls in flight get on stop
MAX_TRIES = 6
TOKEN_PAUSE = 30.0
TROUBLED = 5  # failures of the server in a row that mean it is down, not a recipient's bad luck


class LeaseLost(Exception):
    """Another process took over: this one must not send any more."""


def wall_and_monotonic() -> Moment:
    return Moment(time.time(), time.monotonic())


class Engine:
    """Sends what the outbox and the running broadcasts hold. See `run`."""

    def __init__(
        self, database: Database, client: Client[Job], lease: Holding, *, rate: float
    ) -> None:
        """`rate` is in messages a second over the whole bot."""
        self._database = database
        self._client = client
        self._lease = lease
        self._pacer = Pacer(rate)
        self._chats = ChatPacer()
        self._outbox = Outbox(self._chats.busy)
        self._freezer = Freezer()
        self._quantum = QUANTUM if rate > 200 else 0.0
        self._runs: dict[int, Run] = {}
        self._outstanding: Counter[int] = Counter()  # by broadcast: claimed, not recorded
        self._replies: deque[Job] = deque()
        self._broadcasts: deque[Job] = deque()
        self._finished: list[Result] = []
        self._state = "starting"
        self._failures = 0  # of the server, in a row
        self._flood_until: float | None = None  # wall time, not yet stored
        self._hurry = threading.Event()
        self._freezing = False
        self._work = True
        self._settled_at = self._looked_at = self._sent_at = self._beat_at = 0.0
        self._trouble_until = 0.0

    @property
    def state(self) -> str:
        """In a few words, for `status`: idle, sending, flood pause, token refused, …"""
        return self._state

    @property
    def idle(self) -> bool:
        """Nothing is being sent and, at the last look, nothing waited."""
        return not (self._work or self._finished or self._client.in_flight or self._ready)

    def wake(self) -> None:
        """Something was queued: look at once. From any thread."""
        self._hurry.set()
        self._client.wake()

    def run(self, stop: threading.Event) -> None:
        """Send until `stop` is set or the lease is lost; then record what is in flight.

        Raises LeaseLost. A database that cannot be written stops the sending, says why in
        `state`, and is tried again every second.
        """
        self.recover()
        try:
            while not stop.is_set():
                self.step()
        finally:
            self.drain()

    def recover(self, now: Moment | None = None) -> None:
        """After a crash: what was in flight is `unknown`; a flood pause goes on."""
        now = now or wall_and_monotonic()
        with self._database.writing() as session:
            self._fence(session, now)
            lost = messages.recover(session, datetime.fromtimestamp(now.wall, UTC))
            for broadcast_id in broadcasts.list_sending(session):
                lost += deliveries.recover(session, broadcast_id, int(now.wall))
            flood = stored.get_setting(session, stored.FLOOD) or {}
        if lost:
            log.warning("%d messages were in flight when the engine last ended: unknown", lost)
        self._pacer.pause(now.mono + float(flood.get("until", 0)) - now.wall)
        self._state = "idle"

    def step(self, now: Moment | None = None) -> None:
        """One turn of the loop; waits at most LOOK seconds for something to happen."""
        moment = now or wall_and_monotonic()
        for job, answer in self._client.poll(self._wait(moment)):
            self._finish(job, answer, now or wall_and_monotonic())
        moment = now or wall_and_monotonic()
        if self._settle_due(moment):
            self._settle(moment)
            moment = now or wall_and_monotonic()
        self._dispatch(moment)

    def drain(self, seconds: float = DRAIN) -> None:
        """Take back what did not leave, wait for what did, record both."""
        deadline = time.monotonic() + seconds
        self._put_back(time.monotonic())
        while self._client.in_flight and time.monotonic() < deadline:
            for job, answer in self._client.poll(0.1):
                self._finish(job, answer, wall_and_monotonic())
        try:
            with self._database.writing() as session:
                self._record(session, wall_and_monotonic())
        except SQLAlchemyError as error:
            log.error("the last outcomes could not be written: %s", _reason(error))
        self._finished.clear()

    # -- the loop's decisions -------------------------------------------------------------------

    @property
    def _ready(self) -> int:
        return len(self._replies) + len(self._broadcasts)

    def _wait(self, now: Moment) -> float:
        """Seconds until there is something to do besides answers."""
        until = self._looked_at + LOOK
        if self._finished or self._wanted(now):
            until = min(until, self._settled_at + (HURRY if self._freezing else SETTLE))
        if self._hurry.is_set():
            until = min(until, self._settled_at + HURRY)
        if self._ready and self._client.room:
            due = max(self._pacer.ready_at(now.mono), self._sent_at + self._quantum)
            until = min(until, due)
        until = max(until, self._trouble_until)
        return min(max(0.0, until - now.mono), LOOK)

    def _wanted(self, now: Moment) -> int:
        """How many more calls should be claimed now."""
        if not self._work:
            return 0
        due = self._pacer.due_within(now.mono, AHEAD)
        return max(0, min(due, self._client.connections) - self._ready)

    def _settle_due(self, now: Moment) -> bool:
        since = now.mono - self._settled_at
        if now.mono < self._trouble_until:
            return False
        if since >= HURRY and (self._hurry.is_set() or self._freezing):
            return True
        if since >= SETTLE and (self._finished or self._wanted(now)):
            return True
        if now.mono - self._looked_at >= LOOK:
            self._look(now)
            return self._work or now.mono - self._beat_at >= BEAT
        return False

    def _look(self, now: Moment) -> None:
        """Whether anything waits, asked without taking the write lock."""
        self._looked_at = now.mono
        try:
            with self._database.reading() as session:
                self._work = self._work_waits(session)
        except SQLAlchemyError as error:
            self._in_trouble(error, now)

    def _work_waits(self, session: Session) -> bool:
        return (
            messages.any_waiting(session)
            or bool(broadcasts.list_in(session, broadcasts.OPEN))
            or bool(broadcasts.list_unswept(session))
        )

    # -- the transaction ------------------------------------------------------------------------

    def _settle(self, now: Moment) -> None:
        """Write the outcomes and claim the next calls, in one transaction."""
        self._hurry.clear()
        try:
            with self._database.writing() as session:
                self._fence(session, now)
                self._record(session, now)
                claimed = self._claim(session, now)
                self._work = self._work_waits(session)
        except SQLAlchemyError as error:
            self._in_trouble(error, now)
            return
        for result in self._finished:
            self._outstanding[self._key(result.job)] -= 1
        self._finished.clear()
        for job in claimed:
            self._outstanding[self._key(job)] += 1
            (self._replies if job.source is self._outbox else self._broadcasts).append(job)
        self._settled_at = self._looked_at = time.monotonic()
        self._state = self._describe(now)
        self._put_back_paused(now)
        self._sweep()

    def _fence(self, session: Session, now: Moment) -> None:
        wall = datetime.fromtimestamp(now.wall, UTC)
        if now.mono - self._beat_at < BEAT:
            alive = self._lease.held(session, wall)
        else:
            alive = self._lease.keep(session, self._state, wall)
            self._beat_at = now.mono
        if not alive:
            raise LeaseLost(f"another process holds the {self._lease.name} lease now")

    def _record(self, session: Session, now: Moment) -> None:
        by_source: dict[int, list[Result]] = {}
        for result in self._finished:
            by_source.setdefault(id(result.job.source), []).append(result)
        for results in by_source.values():
            results[0].job.source.record(session, results, now)
        if self._flood_until is not None:
            stored.put_setting(session, stored.FLOOD, {"until": self._flood_until})
            self._flood_until = None

    def _claim(self, session: Session, now: Moment) -> list[Job]:
        self._refresh_runs(session, now)
        room = self._wanted(now)
        jobs = self._outbox.claim(session, room, now) if room else []
        runs = list(self._runs.values())
        random.shuffle(runs)  # who comes first gets what cannot be divided
        for place, run in enumerate(runs):
            share = -(-(room - len(jobs)) // (len(runs) - place))
            if share > 0:
                jobs += run.claim(session, share, now)
        for run in runs:
            pending = self._outstanding[run.id] + sum(self._key(j) == run.id for j in jobs)
            recorded = sum(self._key(r.job) == run.id for r in self._finished)
            if run.finished and pending == recorded and run.close(session, now):
                del self._runs[run.id]
        return jobs

    def _refresh_runs(self, session: Session, now: Moment) -> None:
        """Follow what the web or a command changed: started, paused, resumed, cancelled."""
        self._freezing = False
        running = {}
        for broadcast in broadcasts.list_in(session, broadcasts.OPEN):
            if broadcast.status == BroadcastStatus.RUNNING:
                running[broadcast.id] = broadcast
            elif not self._freezing:
                self._freezing = not self._freezer.step(session, broadcast, now)
        self._runs = {
            number: self._runs.get(number) or Run(broadcast, self._chats)
            for number, broadcast in running.items()
        }

    def _put_back_paused(self, now: Moment) -> None:
        """What was claimed for a broadcast that is paused or cancelled now does not leave."""
        keep: deque[Job] = deque()
        for job in self._broadcasts:
            if job.row in self._runs:
                keep.append(job)
            else:
                self._finished.append(_again(job, "paused", now.mono))
        self._broadcasts = keep

    def _sweep(self) -> None:
        """Finish the work of whoever cancelled a broadcast and died before all was skipped."""
        with self._database.reading() as session:
            unswept = broadcasts.list_unswept(session)
        for broadcast_id in unswept:
            sweep_cancelled(self._database.writing, broadcast_id, datetime.now(UTC))

    def _in_trouble(self, error: SQLAlchemyError, now: Moment) -> None:
        """The database failed: nothing was changed by the transaction; start again from it."""
        if not self._state.startswith("database"):
            log.error("sending stopped, the database cannot be used: %s", _reason(error))
        self._state = f"database: {_reason(error)}"[:255]
        self._runs.clear()
        self._trouble_until = now.mono + 1.0

    def _key(self, job: Job) -> int:
        return 0 if job.source is self._outbox else job.row

    def _describe(self, now: Moment) -> str:
        if self._pacer.paused_until > now.mono:
            return self._state if self._state.startswith(("token", "flood", "offline")) else "pause"
        return "sending" if self._work or self._client.in_flight else "idle"

    # -- sending and answers --------------------------------------------------------------------

    def _dispatch(self, now: Moment) -> None:
        """Start what the budget allows; replies first."""
        if now.mono - self._sent_at < self._quantum or now.mono < self._trouble_until:
            return
        while self._ready and self._client.room:
            queue = self._replies or self._broadcasts
            job = queue[0]
            paced = is_paced(job)
            if paced and (free_at := self._chats.ready_at(job.chat_id)) > now.mono:
                queue.popleft()
                self._finished.append(_again(job, "chat_pause", free_at))
                continue
            if not self._pacer.take(now.mono):
                return
            queue.popleft()
            if paced:
                self._chats.note(job.chat_id, now.mono)
            self._client.start(job, job.method, job.body)
            self._sent_at = now.mono

    def _put_back(self, until: float) -> None:
        """Return what is claimed and has not left; it waits in the database, not in memory."""
        for queue in (self._replies, self._broadcasts):
            self._finished.extend(_again(job, "pause", until) for job in queue)
            queue.clear()

    def _finish(self, job: Job, answer: Answer, now: Moment) -> None:
        verdict = classify(answer)
        self._finished.append(self._act(job, verdict, now))

    def _act(self, job: Job, verdict: Verdict, now: Moment) -> Result:
        """What follows from a verdict: an outcome, another try, or silence for everybody."""
        if verdict.kind == Kind.FLOOD:
            self._silence(verdict.retry_after, now, f"flood pause, {verdict.retry_after:.0f} s")
            self._flood_until = now.wall + self._pacer.paused_until - now.mono
            return Result(job, verdict, self._pacer.paused_until, counts=False)
        if verdict.kind == Kind.TOKEN:
            self._silence(TOKEN_PAUSE, now, f"token refused: {verdict.words}")
            return Result(job, verdict, self._pacer.paused_until, counts=False)
        if verdict.kind == Kind.OFFLINE:
            self._failures += 1
            self._silence(_backoff(self._failures), now, f"offline: {verdict.words}")
            return Result(job, verdict, self._pacer.paused_until, counts=False)
        if verdict.kind == Kind.SERVER:
            return self._act_on_server_error(job, verdict, now)
        self._failures = 0
        return Result(job, verdict)

    def _act_on_server_error(self, job: Job, verdict: Verdict, now: Moment) -> Result:
        self._failures += 1
        if self._failures >= TROUBLED:
            self._silence(_backoff(self._failures - TROUBLED + 1), now, f"server: {verdict.words}")
            return Result(job, verdict, self._pacer.paused_until, counts=False)
        if job.tries + 1 >= MAX_TRIES:
            return Result(job, verdict)
        return Result(job, verdict, now.mono + _backoff(job.tries + 1))

    def _silence(self, seconds: float, now: Moment, state: str) -> None:
        if self._pacer.paused_until <= now.mono:
            log.warning("sending pauses for %.1f s: %s", seconds, state)
        self._state = state[:255]
        self._pacer.pause(now.mono + seconds)
        self._put_back(self._pacer.paused_until)


def _again(job: Job, reason: str, at: float) -> Result:
    """Back to pending, without an attempt: it never left."""
    return Result(job, Verdict(Kind.OFFLINE, reason), at, counts=False)


def _backoff(failures: int) -> float:
    """Seconds: 0.5, 1, 2 … 60, with jitter so that many do not come back at once."""
    return float(min(60.0, 0.5 * 2 ** min(failures - 1, 10)) * random.uniform(0.75, 1.25))  # noqa: S311


def _reason(error: SQLAlchemyError) -> str:
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]
