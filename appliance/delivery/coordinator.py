"""The engine's side of the database: one transaction hands in outcomes and takes new jobs."""

import logging
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from appliance.crud import deliveries, settings
from appliance.crud.broadcasts import broadcasts, operations
from appliance.crud.broadcasts.broadcasts import Active
from appliance.crud.chats import chats as chats_crud
from appliance.crud.messages import messages
from appliance.database import Database, data_version
from appliance.delivery import pacing_memory, side_effects
from appliance.delivery.answers.classify import Kind
from appliance.delivery.broadcast_run import Run
from appliance.delivery.engine_config import EngineConfig
from appliance.delivery.freezer import freeze
from appliance.delivery.jobs import Job, Moment, Result, Source, not_prepared
from appliance.delivery.operation_run import OperationRun
from appliance.delivery.operation_run import load as load_operation
from appliance.delivery.outbox import Outbox
from appliance.delivery.pacer import ChatPacer
from appliance.delivery.sweeper import Sweeper
from appliance.errors import ApplianceError, Localized
from appliance.models import BroadcastStatus, DeliveryState
from appliance.services.leases import Fence, Holding
from appliance.services.timing.steady import SteadyClock

log = logging.getLogger(__name__)

NEWS_POLL_SECONDS = 0.5
"""After which time alone may have brought something to do: a broadcast that is due."""


class Coordinator:
    """What the engine knows of the work: the outbox, the running broadcasts, what is claimed."""

    def __init__(
        self,
        database: Database,
        lease: Holding,
        chat_pacer: ChatPacer,
        config: EngineConfig | None = None,
        clock: SteadyClock | None = None,
    ) -> None:
        self._database = database
        self._writer = database.writer()
        self._fence = Fence(lease)
        self._chat_pacer = chat_pacer
        self._config = config or EngineConfig()
        self._outbox = Outbox(chat_pacer.busy, self._config.timezone, self._config.media)
        self._runs: dict[int, Run] = {}
        self._operations: dict[int, OperationRun] = {}
        self._active_seen: list[Active] = []
        self._clock = clock or SteadyClock()
        self._sweeper = Sweeper()
        self._outstanding: Counter[int] = Counter()  # by broadcast: claimed, not recorded
        self._missing: set[int] | None = None  # chats that were not found; None: to be asked
        self._version: int | None = None  # of the database, when it was last looked through
        self._looked_at = 0.0
        self.work = True
        """Whether, at the last look, anything waited or ran."""
        self.freezing = False
        """Whether an audience is being written into the ledger."""
        self.flood_pause = settings.Pause()
        """The silence that Telegram asked any part of the program for."""
        self.doubtful = False
        """Whether a transaction failed, so that what is claimed has to be compared: `reconcile`."""

    def walking(self, now: Moment) -> bool:
        """Whether the ledger is gone through step by step, with pauses for other writers."""
        sweeping = self._sweeper.due(now) is not None
        return self.freezing or sweeping or any(run.walking for run in self._runs.values())

    def recover(self, now: Moment) -> int:
        """After a crash: what was in flight is `unknown`; pauses and groups' minutes go on.

        Returns how many were in flight.
        """
        with self._database.writing() as session:
            self._check_lease(session, now, "recovering")
            # Before the first claim, while whatever is `sending` is certainly not ours.
            lost = messages.recover(session, datetime.fromtimestamp(now.wall, UTC))
            self.flood_pause = settings.pause_of(session, settings.FLOOD)
            pacing_memory.restore(session, self._chat_pacer, now)
        # A transaction a broadcast, each with its look at the lease: moving many lines takes time,
        # and an engine that lost its lease meanwhile must not move those of its successor.
        for number, chats in self._being_sent().items():
            with self._database.writing() as session:
                self._check_lease(session, now, "recovering")
                lost += deliveries.recover(session, number, chats, int(now.wall))
        return lost

    def _being_sent(self) -> dict[int, Sequence[int]]:
        """By broadcast the chats that are `sending`, by the ledger.

        It is walked (60 ms a million lines) on a snapshot, so that no writer waits. The answer
        stays true: only the holder of the lease claims, and whoever uses it checks the lease again.
        """
        with self._database.reading() as session:
            return {
                number: deliveries.chats_in(session, number, [DeliveryState.SENDING])
                for number in broadcasts.list_sending(session)
            }

    def look(self, now: Moment) -> bool:
        """Whether there is something to do, asked without taking the write lock."""
        with self._database.reading() as session:
            changed = broadcasts.list_active(session, self._steady(now)) != self._active_seen
            changed = changed or operations.list_running(session) != list(self._operations)
            self.work = changed or messages.any_waiting(session) or self._due(now)
        return self.work or self._fence.beat_due(now.mono)

    def settle(
        self, results: list[Result], room: int, flood_seconds: float | None, state: str, now: Moment
    ) -> list[Job]:
        """Write the outcomes and claim up to `room` calls, all or nothing.

        Raises LeaseLost, and SQLAlchemyError when the database failed: then nothing has changed,
        and the results must be handed in again.
        """
        with self._writer.writing() as session:
            # Inside the transaction: what others write after this look is news the next time.
            version = data_version(session)
            changed = self._has_news(version, now)
            if changed:
                self._check_lease(session, now, state)
                self.flood_pause = settings.pause_of(session, settings.FLOOD)
            jobs = self._exchange(session, results, room, now, changed)
            if flood_seconds is not None:
                wall = datetime.fromtimestamp(now.wall, UTC)
                settings.prolong_pause(session, settings.FLOOD, flood_seconds, wall)
        # Only after the commit: if it failed, the results come again and nothing was claimed.
        self._version = version
        for result in results:
            self._outstanding[_key(result.job)] -= 1
        for job in jobs:
            self._outstanding[_key(job)] += 1
        return jobs

    def hand_in(self, results: list[Result], now: Moment) -> None:
        """Write the last outcomes, at a stop; nothing where the lease is lost already.

        For its successor they are `unknown`, or somebody has put them back since.
        """
        with self._writer.writing() as session:
            if self._fence.let(session):
                self._record_last(session, results, now)
        self._writer.close()

    def _record_last(self, session: Session, results: list[Result], now: Moment) -> None:
        for source, own in self._take_in(session, results, now).items():
            # Of an operation only the run that goes on with it: another counts them again.
            if not isinstance(source, OperationRun) or self._operations.get(source.id) is source:
                source.record(session, own, now)

    def sweep(self, now: Moment) -> None:
        """Skip a part of a cancelled broadcast, where whoever cancelled it died before the end."""
        if (number := self._sweeper.due(now)) is not None:
            with self._writer.writing() as session:
                self._check_lease(session, now, "sweeping")
                self._sweeper.step(session, number, now)

    def is_stopped(self, job: Job) -> bool:
        """Whether a broadcast's job is of one that was paused, halted, cancelled or edited."""
        # By identity: after an edit another run stands under the same number, and this job has the
        # old words.
        current = self._operations if isinstance(job.source, OperationRun) else self._runs
        return current.get(job.row) is not job.source

    def hurry(self, now: Moment) -> None:
        """All pauses were ended: what waits for another try waits no longer."""
        self._outbox.hurry()
        for run in self._runs.values():
            run.hurry(now)
        for operation in self._operations.values():
            operation.hurry(now)

    def forget(self) -> None:
        """The database failed: what is believed of the running broadcasts may be wrong."""
        self._runs.clear()
        self._operations.clear()
        self._missing = None
        self._active_seen = []  # or the next look would find nothing new
        self._version = None
        self.doubtful = True

    def reconcile(self, held: Iterable[Job], now: Moment) -> None:
        """After a failure: what was claimed and is not held never left, so it waits again.

        A commit may have succeeded although its answer was lost with the connection.
        """
        jobs = list(held)
        with self._writer.writing() as session:
            self._check_lease(session, now, "reconciling")
            held_rows = {job.row for job in jobs if isinstance(job.source, Outbox)}
            messages.put_back(session, held_rows)
        held_by_run = {(job.row, job.chat_id) for job in jobs if isinstance(job.source, Run)}
        for number, chats in self._being_sent().items():
            lost = [chat_id for chat_id in chats if (number, chat_id) not in held_by_run]
            with self._writer.writing() as session:
                self._check_lease(session, now, "reconciling")
                deliveries.put_back(session, number, lost, int(now.wall))
        self.doubtful = False

    def _has_news(self, version: int | None, now: Moment) -> bool:
        """Whether anything but this engine's own transactions may have changed what is to do.

        Asking the tables each time would be half of what a transaction costs at 30/s.
        """
        unchanged = version is not None and version == self._version
        return not unchanged or self.freezing or now.mono - self._looked_at >= NEWS_POLL_SECONDS

    def _check_lease(self, session: Session, now: Moment, state: str) -> None:
        """The lease must be ours in this very transaction. Raises LeaseLost."""
        self._fence.check(session, state, datetime.fromtimestamp(now.wall, UTC), now.mono)

    def _exchange(
        self, session: Session, results: list[Result], room: int, now: Moment, changed: bool
    ) -> list[Job]:
        handed = self._take_in(session, results, now)
        jobs = []
        # Replies take what they need before broadcasts get the rest: a person waits for them.
        if changed or self._outbox.waits:
            jobs = self._outbox.claim(session, room, now)
        if changed:
            self._follow(session, now)
            self._looked_at = now.mono
        current = self._current()
        for source, part in handed.items():
            # Paused, halted or edited meanwhile: what became of it is kept. Not so for an
            # operation, which begins again from its cursor and would count it twice.
            if source not in current and not isinstance(source, OperationRun):
                source.record(session, part, now)
                self._skip_if_cancelled(session, part, now)
        jobs += self._share_out(session, current, handed, room - len(jobs), now)
        self.work = self._outbox.waits or self.freezing or self._due(now)
        return jobs

    def _take_in(
        self, session: Session, results: list[Result], now: Moment
    ) -> dict[Source, list[Result]]:
        """What follows from the results besides; returns those that runs have yet to record.

        Rows of the outbox are written first: whoever loses the operators' group gives up all that
        waits there, and what is put back here waits, too. Runs come after it: they must not claim
        a chat that is gone.
        """
        wall = datetime.fromtimestamp(now.wall, UTC)
        # On PostgreSQL rows are locked in one order: chats by id, then messages by id and files,
        # and broadcasts by id last, each before its lines. A batch of the bot's has its chats first
        # (`Handler`), before it skips what waits for them in broadcasts (`skip_pending_for`), so
        # broadcasts first would be a deadlock. Whoever sweeps a ledger (`sweeps._end`) takes a
        # broadcast and its lines, no chat. A group that migrates locks broadcasts early: it is last
        # among the results.
        if self._missing is None:
            self._missing = chats_crud.list_not_found(session)
        side_effects.lock_chats(session, results, self._missing)
        results = [side_effects.reconsider(session, result, now) for result in results]
        handed = _by_source(results)
        if answered := handed.pop(self._outbox, []):
            self._outbox.record(session, answered, now)
        for result in sorted(results, key=lambda result: result.verdict.kind == Kind.MIGRATED):
            side_effects.apply(session, result, wall, self._missing)
        return handed

    def _skip_if_cancelled(self, session: Session, results: list[Result], now: Moment) -> None:
        """Skip who was put back into a cancelled broadcast: a sweep may have passed them."""
        back = [result.job for result in results if result.retry_at is not None]
        if back and broadcasts.get_fresh(session, back[0].row).status == BroadcastStatus.CANCELLED:
            chats = [job.chat_id for job in back]
            deliveries.skip(session, back[0].row, chats, int(now.wall))

    def _current(self) -> list[Run | OperationRun]:
        """What runs, notifications first; among equals chance decides who gets a remainder."""
        current: list[Run | OperationRun] = [*self._runs.values(), *self._operations.values()]
        random.shuffle(current)  # a fixed order would give one of them every remainder
        return sorted(current, key=lambda run: run.priority)

    def _share_out(
        self,
        session: Session,
        current: list[Run | OperationRun],
        handed: dict[Source, list[Result]],
        room: int,
        now: Moment,
    ) -> list[Job]:
        """Equal shares for equal priorities; what one leaves goes to those who took all of theirs.

        It may wait for its canary, for an upload or for the morning, and the others need not.
        """
        jobs: list[Job] = []
        hungry = []
        for place, run in enumerate(current):
            rivals = sum(other.priority == run.priority for other in current[place:])
            # Rounded up: with less room than rivals nobody would get any.
            share = max(0, -(-(room - len(jobs)) // rivals))
            claimed = self._exchange_with(session, run, handed.get(run, []), share, now)
            jobs += claimed
            if share and len(claimed) == share:
                hungry.append(run)
        for run in hungry:
            if len(jobs) < room:
                jobs += self._exchange_with(session, run, [], room - len(jobs), now)
        return jobs

    def _exchange_with(
        self,
        session: Session,
        run: Run | OperationRun,
        results: list[Result],
        share: int,
        now: Moment,
    ) -> list[Job]:
        jobs = run.exchange(session, results, share, now)
        if isinstance(run, OperationRun):
            if run.done:
                self._operations.pop(run.id, None)
            return jobs
        outstanding = self._outstanding[run.id] - len(results) + len(jobs)
        # Nothing may be outstanding: an answer that is on its way can still put somebody back.
        done = outstanding == 0 and run.finished and run.close(session, now)
        if done or run.halted:
            self._runs.pop(run.id, None)
        return jobs

    def _due(self, now: Moment) -> bool:
        runs: list[Run | OperationRun] = [*self._runs.values(), *self._operations.values()]
        return any(run.due(now) for run in runs)

    def _follow(self, session: Session, now: Moment) -> None:
        """See what the site or a command changed: started, paused, edited, cancelled."""
        wall = datetime.fromtimestamp(now.wall, UTC)
        # Locked until the commit, for whoever edits or recalls: docs/decisions.md, 23.
        active = broadcasts.list_active(session, self._steady(now), lock=True)
        self._active_seen = active
        scheduled = [a.id for a in active if a.status == BroadcastStatus.SCHEDULED]
        cancelled = [a.id for a in active if a.status == BroadcastStatus.CANCELLED]
        self._sweeper.follow({n: broadcasts.get(session, n).pending for n in cancelled}, now)
        running = [a for a in active if a.status == BroadcastStatus.RUNNING]
        runs = [self._run(session, a, now) for a in running]
        self._runs = {run.id: run for run in runs if run is not None}
        # The run that is there goes on: a new one would begin at the stored cursor, with calls
        # in flight.
        running_operations = [
            self._operation(session, number, wall) for number in operations.list_running(session)
        ]
        self._operations = {run.id: run for run in running_operations if run is not None}
        self.freezing = bool(scheduled)
        if scheduled:
            # One chunk of one broadcast a transaction: 8 to 15 ms under the lock (decision 19).
            freeze(session, broadcasts.get(session, scheduled[0]), now)

    def _steady(self, now: Moment) -> datetime:
        """The time by which a broadcast is due: a clock that jumps for a moment begins nothing."""
        return self._clock.read(datetime.fromtimestamp(now.wall, UTC), now.mono)

    def _run(self, session: Session, active: Active, now: Moment) -> Run | None:
        """The run as it stands; a new one when it has just begun or was edited.

        None for one that cannot be sent, which is halted: it must not stop the others.
        """
        run = self._runs.get(active.id)
        if run is not None and run.version == active.version:
            return run
        broadcast = broadcasts.get_fresh(session, active.id)
        try:
            return Run(session, broadcast, self._chat_pacer, self._config)
        except SQLAlchemyError:  # the database's fault: all of it is tried again
            raise
        except Exception as error:
            note = _why(error)
            log.exception("broadcast %d is halted: it cannot be prepared", active.id)
            broadcasts.change_status(
                session, active.id, broadcasts.OPEN, BroadcastStatus.HALTED, note=note
            )
            return None

    def _operation(self, session: Session, number: int, now: datetime) -> OperationRun | None:
        """The edit or recall as it stands; None for one that cannot be made, which is paused."""
        if known := self._operations.get(number):
            return known
        try:
            return load_operation(session, number, self._config)
        except SQLAlchemyError:
            raise
        except Exception as error:
            log.exception("operation %d is paused: it cannot be prepared", number)
            operations.pause_running(session, number, _why(error), now)
            return None


def _why(error: Exception) -> str:
    """For a note: the template of an error of ours, else what the error says."""
    message = error.message if isinstance(error, ApplianceError) else None
    if isinstance(message, Localized):
        return message.dump()
    return message or not_prepared(error).description or ""


def _by_source(results: list[Result]) -> dict[Source, list[Result]]:
    groups: dict[Source, list[Result]] = {}
    for result in results:
        groups.setdefault(result.job.source, []).append(result)
    return groups


def _key(job: Job) -> int:
    """The broadcast of a job; 0 for all else."""
    return job.row if isinstance(job.source, Run) else 0
