"""Replies and notifications: the rows of `messages` that wait to be sent."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy.orm import Session

from appliance.crud.messages import messages
from appliance.crud.messages.messages import MessageOutcome
from appliance.delivery import outbox_calls
from appliance.delivery.jobs import Job, Moment, Result, prepared
from appliance.delivery.silent_hours import SilentHours
from appliance.models import DeliveryState, Priority
from appliance.services.inbox.group_copies import NEW_TOPIC

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
        self._last_chat: int | None = None
        self.waits = False
        """Whether anything may wait: something did at the last claim, or a chat is free again."""

    def record(self, session: Session, results: list[Result], now: Moment) -> None:
        self.waits = True
        wall = datetime.fromtimestamp(now.wall, UTC)
        messages.record(session, [self._outcome(result) for result in results], wall)

    def hurry(self) -> None:
        """Whoever waits for another try gets it now."""
        self._later.clear()
        self.waits = True

    def claim(self, session: Session, limit: int, now: Moment) -> list[Job]:
        """Up to `limit` calls, marked as being sent."""
        self.waits = messages.any_waiting(session)
        return self._take(session, limit, now) if self.waits and limit else []

    def _take(self, session: Session, limit: int, now: Moment) -> list[Job]:
        self._later = {chat: when for chat, when in self._later.items() if when > now.mono}
        busy = self._busy(now.mono) | self._later.keys()
        wall = datetime.fromtimestamp(now.wall, UTC)
        rows = messages.take(session, limit, frozenset(busy), wall, self._last_chat)
        self._last_chat = rows[-1].chat_id if rows else self._last_chat
        notified = [row.chat_id for row in rows if row.priority == Priority.NOTIFICATION]
        silent = self._silent_hours.wanted(session, notified, now) if notified else frozenset()
        for row in rows:
            if row.chat_id in silent and row.priority == Priority.NOTIFICATION:
                # one of high priority says False, and sounds all the same
                row.params.setdefault("disable_notification", True)
        topics = outbox_calls.topics(session, rows)
        return [
            prepared(
                partial(self.job, session, row, topics), self, row.id, row.chat_id, row.attempts
            )
            for row in rows
        ]

    def job(self, session: Session, row: messages.Waiting, topics: dict[int, int]) -> Job:
        """The call of a row; `topics` as `outbox_calls.topics` tells them."""
        params = dict(row.params)
        if row.method not in _WITHOUT_CHAT:
            params["chat_id"] = row.chat_id
        if row.about_chat_id not in (None, row.chat_id) and row.method != NEW_TOPIC:
            params |= _in_topic(topics.get(row.about_chat_id or 0))
        return outbox_calls.job(session, self, row, params, self._folder)

    def _outcome(self, result: Result) -> MessageOutcome:
        verdict = result.verdict
        if result.state == DeliveryState.PENDING:
            self._later[result.job.chat_id] = result.retry_at or 0.0
            return MessageOutcome(result.job.row, result.state, counts=result.counts)
        return MessageOutcome(result.job.row, result.state, verdict.reason, verdict.message_id)


def _in_topic(topic_id: int | None) -> dict[str, int]:
    return {} if topic_id is None else {"message_thread_id": topic_id}


def is_paced(job: Job) -> bool:
    """Whether the call puts something into a chat; answering a button does not."""
    return job.method not in _WITHOUT_CHAT
