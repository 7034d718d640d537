"""Replies and notifications: the rows of `messages` that wait to be sent."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from appliance.crud.chats import chats, supergroups
from appliance.crud.messages import messages
from appliance.crud.messages.messages import MessageOutcome
from appliance.delivery import outbox_calls
from appliance.delivery.classify import Kind, Verdict
from appliance.delivery.jobs import Job, Moment, Result
from appliance.delivery.silent_hours import SilentHours
from appliance.models import ChatStatus, DeliveryState, Priority
from appliance.services.inbox import delivery_results, operators_group
from appliance.services.inbox.group_copies import NEW_TOPIC

_FINAL = {
    Kind.SENT: DeliveryState.SENT,
    Kind.UNKNOWN: DeliveryState.UNKNOWN,
}
_REFUSALS = frozenset({Kind.GONE, Kind.REFUSED, Kind.CONTENT})
# calls that name their chat in another way
_WITHOUT_CHAT = frozenset({"answerCallbackQuery", "setMyCommands"})


class Outbox:
    """The highest-priority source: one call at a time to each chat, so that answers keep order."""

    def __init__(
        self,
        busy: Callable[[float], frozenset[int]],
        zone: str = "UTC",
        folder: Path = Path("data/media"),
    ) -> None:
        """`busy` tells which chats may not be written to yet, at a monotonic time.

        `zone` is the time zone of chats that have none of their own, `folder` keeps files.
        """
        self._busy = busy
        self._folder = folder
        self._silent_hours = SilentHours(zone)
        self._later: dict[int, float] = {}  # chat id → monotonic time of its next try
        self.waits = False
        """Whether anything waited when the last exchange was over."""

    def exchange(
        self, session: Session, results: list[Result], limit: int, now: Moment
    ) -> list[Job]:
        if results:
            self.record(session, results, now)
        self.waits = messages.any_waiting(session)
        return self.claim(session, limit, now) if self.waits and limit else []

    def claim(self, session: Session, limit: int, now: Moment) -> list[Job]:
        self._later = {chat: when for chat, when in self._later.items() if when > now.mono}
        busy = self._busy(now.mono) | self._later.keys()
        wall = datetime.fromtimestamp(now.wall, UTC)
        rows = messages.take(session, limit, frozenset(busy), wall)
        news = [row.chat_id for row in rows if row.priority == Priority.NOTIFICATION]
        hushed = self._silent_hours.wanted(session, news, now) if news else frozenset()
        for row in rows:
            if row.chat_id in hushed and row.priority == Priority.NOTIFICATION:
                # one of high priority says False, and sounds all the same
                row.params.setdefault("disable_notification", True)
        topics = outbox_calls.topics(session, rows)
        return [self._job(session, row, topics) for row in rows]

    def record(self, session: Session, results: list[Result], now: Moment) -> None:
        wall = datetime.fromtimestamp(now.wall, UTC)
        results = [self._once_more(session, result, now) for result in results]
        messages.record(session, [self._outcome(result) for result in results], wall)
        for result in results:
            verdict, chat_id = result.verdict, result.job.chat_id
            if verdict.kind == Kind.MIGRATED and verdict.migrate_to:
                supergroups.migrate(session, chat_id, verdict.migrate_to, wall)
            elif verdict.kind == Kind.GONE and result.job.method != NEW_TOPIC:
                gone = ChatStatus.LEFT if chat_id < 0 else ChatStatus.BLOCKED
                chats.set_status(session, chat_id, gone, wall)
                operators_group.lose_group(session, chat_id, wall)
            self._follow(session, result, wall)

    def _once_more(self, session: Session, result: Result, now: Moment) -> Result:
        """A refused file id or a topic that is gone: another try does without it."""
        lost = delivery_results.TOPIC_GONE in (result.verdict.words or "").lower()
        if outbox_calls.renew(session, result) or (
            lost and delivery_results.topic_lost(session, result.job.row)
        ):
            return Result(result.job, Verdict(Kind.SERVER, "stale"), now.mono, counts=False)
        return result

    def _follow(self, session: Session, result: Result, now: datetime) -> None:
        """What else an outcome changes: file ids, topics, what operators are told."""
        job, verdict = result.job, result.verdict
        outbox_calls.learn(session, result)
        if result.retry_at is not None or verdict.kind == Kind.MIGRATED:
            return
        if job.method == NEW_TOPIC and verdict.kind == Kind.SENT:
            delivery_results.topic_made(session, job.row, verdict.result)
        elif job.method == NEW_TOPIC and verdict.kind in _REFUSALS:
            delivery_results.topic_refused(session, job.row, verdict.words or "")
        elif verdict.kind not in _FINAL:
            delivery_results.failed(session, job.row, verdict.reason, now)

    def _job(self, session: Session, row: messages.Waiting, topics: dict[int, int]) -> Job:
        params = dict(row.params)
        if row.method not in _WITHOUT_CHAT:
            params["chat_id"] = row.chat_id
        if row.about_chat_id not in (None, row.chat_id) and row.method != NEW_TOPIC:
            params |= _in_topic(topics.get(row.about_chat_id or 0))
        return outbox_calls.job(session, self, row, params, self._folder)

    def _outcome(self, result: Result) -> MessageOutcome:
        verdict = result.verdict
        if result.retry_at is not None or verdict.kind == Kind.MIGRATED:
            self._later[result.job.chat_id] = result.retry_at or 0.0
            return MessageOutcome(result.job.row, DeliveryState.PENDING, counts=result.counts)
        state = _FINAL.get(verdict.kind, DeliveryState.FAILED)
        return MessageOutcome(result.job.row, state, verdict.reason, verdict.message_id)


def _in_topic(topic_id: int | None) -> dict[str, int]:
    return {} if topic_id is None else {"message_thread_id": topic_id}


def is_paced(job: Job) -> bool:
    """Whether the call puts something into a chat; answering a button does not."""
    return job.method not in _WITHOUT_CHAT
