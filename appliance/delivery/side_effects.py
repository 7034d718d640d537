"""What an answer changes besides its own row: here, and only here.

The coordinator calls this in the transaction that settles, for every result, whatever the call was
for: a message of a broadcast, an edit or a recall of one, a row of the outbox. Each of these only
turns a result into the state of its own row (`Result.state`).
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from appliance.crud import settings
from appliance.crud.broadcasts import broadcasts
from appliance.crud.chats import chats, supergroups
from appliance.delivery import uploads
from appliance.delivery.answers.classify import Kind
from appliance.delivery.answers.refusals import NOT_FOUND
from appliance.delivery.broadcast_run import Run
from appliance.delivery.jobs import Job, Moment, Result
from appliance.delivery.outbox import Outbox
from appliance.delivery.retry_policy import again
from appliance.models import ChatStatus, DeliveryState
from appliance.services.inbox import delivery_results, operators_group
from appliance.services.inbox.group_copies import NEW_TOPIC

LOST_TOPIC = "lost_topic"

_ABOUT_THE_CHAT = frozenset({Kind.GONE, Kind.MIGRATED})
_REFUSALS = frozenset({Kind.GONE, Kind.REFUSED, Kind.CONTENT})


def lock_chats(session: Session, results: Sequence[Result], missing: Collection[int]) -> None:
    """Lock the chats that `apply` is going to change, before anything else is written."""
    verdicts = [(result.job.chat_id, result.verdict) for result in results]
    touched = {chat_id for chat_id, verdict in verdicts if verdict.kind in _ABOUT_THE_CHAT}
    touched |= {chat for chat, verdict in verdicts if verdict.reason == NOT_FOUND}
    touched |= {chat for chat, verdict in verdicts if chat in missing and verdict.kind == Kind.SENT}
    touched |= {verdict.migrate_to for _, verdict in verdicts if verdict.migrate_to is not None}
    if touched:
        chats.lock(session, touched)


def reconsider(session: Session, result: Result, now: Moment) -> Result:
    """A refused file id or a lost topic is forgotten, and gets one more try that does without it.

    That try is free: it is not the recipient's fault. Any other result comes back as it is.
    """
    if uploads.is_stale(result):
        uploads.forget(session, result)
        return again(result.job, uploads.STALE, now.mono)
    if _lost_its_topic(session, result):
        return again(result.job, LOST_TOPIC, now.mono)
    return result


def apply(session: Session, result: Result, now: datetime, missing: set[int]) -> None:
    """What follows from a result that was reconsidered: for the chat, for files, for the inbox.

    `missing` are the chats that were not found the last time; kept up to date here, so that what
    arrives, which is nearly everything, costs no look at its chat.
    """
    job, verdict = result.job, result.verdict
    if verdict.kind == Kind.SENT and job.chat_id in missing:
        chats.reset_not_found(session, job.chat_id)
        missing.discard(job.chat_id)
    match verdict.kind:
        case Kind.SENT if job.upload is not None:
            uploads.remember(session, result)
        case Kind.MIGRATED if verdict.migrate_to is not None:
            supergroups.migrate(session, job.chat_id, verdict.migrate_to, now)
        case Kind.FLOOD if verdict.about_chat:
            settings.pause_chat(session, job.chat_id, verdict.retry_after, now)
        case Kind.REFUSED if verdict.reason == NOT_FOUND and _somebody_got_it(session, job):
            chats.count_not_found(session, job.chat_id, now)
            missing.add(job.chat_id)
        case Kind.GONE if job.method != NEW_TOPIC:  # a right that only making topics needs
            status = ChatStatus.LEFT if job.chat_id < 0 else ChatStatus.BLOCKED
            chats.set_status(session, job.chat_id, status, now)
            operators_group.lose_group(session, job.chat_id, now)
    if isinstance(job.source, Outbox):
        _tell_inbox(session, result, now)


def _somebody_got_it(session: Session, job: Job) -> bool:
    """Another bot's token makes every chat one that is not found: that says nothing of them."""
    return isinstance(job.source, Run) and broadcasts.get(session, job.row).sent > 0


def _lost_its_topic(session: Session, result: Result) -> bool:
    if not isinstance(result.job.source, Outbox):
        return False
    lost = delivery_results.TOPIC_GONE in (result.verdict.description or "").lower()
    return lost and delivery_results.topic_lost(session, result.job.row)


def _tell_inbox(session: Session, result: Result, now: datetime) -> None:
    """A message of a conversation has an outcome: its topic, and what operators are told."""
    job, verdict = result.job, result.verdict
    if result.state == DeliveryState.PENDING:
        return
    if job.method == NEW_TOPIC and verdict.kind == Kind.SENT:
        delivery_results.topic_made(session, job.row, verdict.result)
    elif job.method == NEW_TOPIC and verdict.kind in _REFUSALS:
        delivery_results.topic_refused(session, job.row, verdict.description or "")
    elif result.state == DeliveryState.FAILED:
        delivery_results.failed(session, job.row, verdict.reason, now)
