"""Replies and notifications: the rows of `messages` that wait to be sent."""

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from appliance.crud import chats, messages
from appliance.crud.messages import MessageOutcome
from appliance.delivery.classify import Kind
from appliance.delivery.jobs import Job, Moment, Result, encode
from appliance.models import ChatStatus, DeliveryState

_FINAL = {
    Kind.SENT: DeliveryState.SENT,
    Kind.UNKNOWN: DeliveryState.UNKNOWN,
}
_WITHOUT_CHAT = frozenset({"answerCallbackQuery"})  # calls that name their chat in another way


class Outbox:
    """The highest-priority source: one call at a time to each chat, so that answers keep order."""

    def __init__(self, busy: Callable[[float], frozenset[int]]) -> None:
        """`busy` tells which chats may not be written to yet, at a monotonic time."""
        self._busy = busy
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
        return [self._job(row) for row in messages.take(session, limit, frozenset(busy))]

    def record(self, session: Session, results: list[Result], now: Moment) -> None:
        wall = datetime.fromtimestamp(now.wall, UTC)
        messages.record(session, [self._outcome(result) for result in results], wall)
        for result in results:
            verdict, chat_id = result.verdict, result.job.chat_id
            if verdict.kind == Kind.MIGRATED and verdict.migrate_to:
                chats.migrate(session, chat_id, verdict.migrate_to, wall)
            elif verdict.kind == Kind.GONE:
                gone = ChatStatus.LEFT if chat_id < 0 else ChatStatus.BLOCKED
                chats.set_status(session, chat_id, gone, wall)

    def _job(self, row: messages.Waiting) -> Job:
        params = dict(row.params)
        if row.method not in _WITHOUT_CHAT:
            params["chat_id"] = row.chat_id
        return Job(self, row.id, row.chat_id, row.method, encode(params), row.attempts)

    def _outcome(self, result: Result) -> MessageOutcome:
        verdict = result.verdict
        if result.retry_at is not None or verdict.kind == Kind.MIGRATED:
            self._later[result.job.chat_id] = result.retry_at or 0.0
            return MessageOutcome(result.job.row, DeliveryState.PENDING, counts=result.counts)
        state = _FINAL.get(verdict.kind, DeliveryState.FAILED)
        return MessageOutcome(result.job.row, state, verdict.reason, verdict.message_id)


def is_paced(job: Job) -> bool:
    """Whether the call puts something into a chat; answering a button does not."""
    return job.method not in _WITHOUT_CHAT
