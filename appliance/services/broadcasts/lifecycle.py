"""The life of a broadcast: create, preview, pause, resume, cancel, and how it is shown."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from appliance.config import Settings
from appliance.crud import deliveries
from appliance.crud import media as media_crud
from appliance.crud.broadcasts import audience as audience_crud
from appliance.crud.broadcasts import broadcasts, events
from appliance.crud.broadcasts.audience import Audience, Term
from appliance.crud.chats import topics
from appliance.crud.deliveries import DeliveryRow
from appliance.errors import Conflict, Fault, Invalid, NotFound, NothingToDo, localized
from appliance.models import Broadcast, BroadcastStatus, Media, utcnow
from appliance.services import content
from appliance.services.broadcasts import audience, canary, click_tracking
from appliance.services.content import media
from appliance.services.i18n import stored
from appliance.services.timing import clock

SWEEP = 2000  # rows a transaction: holds other writers up for some 5 ms
BREATH = 0.005  # seconds between two such transactions, at least

Write = Callable[[], AbstractContextManager[Session]]
"""Opens a writing transaction."""

_UNDER_WAY = (BroadcastStatus.RUNNING, BroadcastStatus.PAUSED)


@dataclass(frozen=True, slots=True)
class NewBroadcast:
    """What somebody asks for; `to` and `exclude` are audience words.

    `variants` are texts by language instead of `text`, `media` ids of files under which it stands.

    `starts_at` is a moment, None: at once. `max_late` is in seconds after it, `quiet` like
    `22:00-08:00` by the recipients' clocks. `canary` people get it first; the rest only if no
    more than the share `canary_limit` of them fail or block within `canary_wait` seconds.
    """

    text: str
    format: str = "plain"
    to: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    variants: Mapping[str, str] = field(default_factory=dict)
    media: tuple[int, ...] = ()
    key: str | None = None
    created_by: int | None = None
    starts_at: datetime | None = None
    max_late: int | None = None
    quiet: str | None = None
    canary: int | None = None
    canary_limit: float | None = None
    canary_wait: int | None = None
    schedule_id: int | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be sent, to how many, and how long it would take (seconds)."""

    html: str
    length: int
    limit: int
    faults: tuple[Fault, ...]
    count: int
    seconds: float


def create(
    session: Session, new: NewBroadcast, now: datetime | None = None, actor: str | None = None
) -> tuple[Broadcast, bool]:
    """Queue a broadcast. Returns it, and False when its key was used before: then it is the first.

    With an `actor` ("user:5", "cli:root") it is recorded who did; else the caller records it.
    Raises Invalid with every fault, NotFound for an unknown user or chat, NothingToDo when nobody
    is in the audience. Inside the caller's writing transaction; nothing is stored on an error.
    """
    if new.key is not None and not 0 < len(new.key) <= 255:
        message = localized("the key must have 1 to 255 characters")
        raise Invalid(message, (Fault("key", message),))
    if new.key and (first := broadcasts.get_by_key(session, new.key)):
        return first, False
    broadcast = draft(session, new, now)
    if not audience_crud.anybody(session, audience_of(broadcast)):
        raise NothingToDo(localized("this audience is empty: nothing was queued"))
    queued, created = broadcasts.add(session, broadcast)
    if created and actor is not None:
        events.add(session, queued.id, actor, "create", now=now)
    return queued, created


def draft(session: Session, new: NewBroadcast, now: datetime | None = None) -> Broadcast:
    """What would be stored, checked. Raises Invalid with every fault, NotFound."""
    files = _files(session, new)
    variants = lowered(new.variants)
    content.check(new.text, new.format, new.options, variants, [file.kind for file in files])
    options = resolve_topics(session, new.options)
    clock.check(new.starts_at, new.max_late, new.quiet, now or utcnow())
    canary.check(new.canary, new.canary_limit, new.canary_wait)
    return Broadcast(
        key=new.key,
        status=BroadcastStatus.SCHEDULED,
        text=new.text,
        format=new.format,
        options=options,
        variants=variants,
        media=media.described(files),
        audience=audience.parse(session, new.to, new.exclude).as_dict(),
        created_by=new.created_by,
        starts_at=new.starts_at,
        max_late=_max_late(new),
        quiet=str(clock.parse_quiet(new.quiet)) if new.quiet is not None else None,
        canary=new.canary,
        canary_limit=new.canary_limit,
        canary_wait=new.canary_wait,
        schedule_id=new.schedule_id,
    )


def _max_late(new: NewBroadcast) -> int | None:
    if new.starts_at is not None and new.max_late is None:
        return clock.DEFAULT_MAX_LATE
    return new.max_late


def preview(session: Session, settings: Settings, new: NewBroadcast) -> Preview:
    """Never raises for bad content or audience: the faults are part of the answer."""
    faults = _content_faults(session, new)
    faults += clock.lint(new.starts_at, new.max_late, new.quiet, utcnow())
    faults += canary.lint(new.canary, new.canary_limit, new.canary_wait)
    faults += click_tracking.lint(settings, new.options)
    count = 0
    try:
        count = audience_crud.count(session, audience.parse(session, new.to, new.exclude))
    except Invalid as error:
        faults += error.faults
    except NotFound as error:
        faults += (Fault("audience", error.message),)
    return Preview(
        html=content.to_html(new.text, new.format),
        length=content.length(new.text, new.format),
        limit=content.CAPTION_LIMIT if new.media else content.TEXT_LIMIT,
        faults=faults,
        count=count,
        seconds=round(count / settings.rate, 1),
    )


def _files(session: Session, new: NewBroadcast) -> list[Media]:
    """Raises Invalid for a file that is not there."""
    try:
        return media_crud.get_all(session, new.media)
    except NotFound as error:
        raise Invalid(error.message, (Fault("media", error.message),)) from None


def lowered(variants: Mapping[str, str]) -> dict[str, str]:
    """Texts by language, as they are stored."""
    return {language.lower(): text for language, text in variants.items()}


def resolve_topics(session: Session, options: Mapping[str, Any]) -> dict[str, Any]:
    """Raises Invalid for a button that ends an unknown topic."""
    try:
        return content.with_topics(options, lambda name: topics.find(session, name).id)
    except NotFound as error:
        raise Invalid(error.message, (Fault("options.buttons", error.message),)) from None


def _content_faults(session: Session, new: NewBroadcast) -> tuple[Fault, ...]:
    faults: tuple[Fault, ...] = ()
    kinds: list[str] = []
    try:
        kinds = [file.kind for file in _files(session, new)]
        resolve_topics(session, new.options)
    except Invalid as error:
        faults = error.faults
    variants = lowered(new.variants)
    return content.lint_message(new.text, new.format, new.options, variants, kinds) + faults


def audience_of(broadcast: Broadcast) -> Audience:
    """The stored audience; its words were checked and its names looked up when it was created."""

    def terms(words: list[str]) -> tuple[Term, ...]:
        parts = (word.partition(":") for word in words)
        return tuple(Term(kind, value) for kind, _, value in parts)

    return Audience(terms(broadcast.audience["to"]), terms(broadcast.audience["not"]))


def pause(session: Session, broadcast_id: int) -> Broadcast:
    """Raises NotFound, or Conflict in a state that cannot be paused."""
    return _change(
        session,
        broadcast_id,
        broadcasts.OPEN,
        lambda _: BroadcastStatus.PAUSED,
        localized("paused"),
    )


def resume(session: Session, broadcast_id: int) -> Broadcast:
    """Raises NotFound, or Conflict unless it is paused or halted."""
    stopped = (BroadcastStatus.PAUSED, BroadcastStatus.HALTED)
    return _change(session, broadcast_id, stopped, _resumed, localized("resumed"))


def cancel(session: Session, broadcast_id: int) -> Broadcast:
    """Stop for good: what is pending becomes `skipped` (see `sweep_cancelled`)."""
    cancellable = (*broadcasts.OPEN, BroadcastStatus.PAUSED, BroadcastStatus.HALTED)
    return _change(
        session,
        broadcast_id,
        cancellable,
        lambda _: BroadcastStatus.CANCELLED,
        localized("cancelled"),
    )


def sweep_cancelled(write: Write, broadcast_id: int, now: datetime) -> int:
    """Skip what is pending in a cancelled broadcast, some thousands at a time. Returns how many.

    Whoever cancels does it at once; the engine finishes it if that process died.
    """
    swept, after, at = 0, None, int(now.timestamp())
    while True:
        with politely(write) as session:
            after, count = deliveries.skip_pending(session, broadcast_id, at, after, SWEEP)
        swept += count
        if after is None:
            return swept


@contextmanager
def politely(write: Write) -> Iterator[Session]:
    """One of many transactions in a row, and as long a pause as it lasted.

    SQLite keeps no queue: other processes look now and then whether the lock is free, and whoever
    takes it again at once keeps them waiting for seconds.
    """
    with write() as session:
        began = time.monotonic()
        yield session
    threading.Event().wait(max(BREATH, time.monotonic() - began))


def _resumed(broadcast: Broadcast) -> BroadcastStatus:
    return BroadcastStatus.RUNNING if broadcast.frozen_at else BroadcastStatus.SCHEDULED


def _change(
    session: Session,
    broadcast_id: int,
    allowed: tuple[BroadcastStatus, ...],
    to: Callable[[Broadcast], BroadcastStatus],
    done: str,
) -> Broadcast:
    broadcast = broadcasts.lock(session, broadcast_id)
    target = to(broadcast)
    values = _values_of(broadcast, target, utcnow())
    if not broadcasts.change_status(session, broadcast_id, allowed, target, **values):
        raise Conflict(
            localized(
                "broadcast {id} is {status}: it cannot be {done}",
                id=broadcast_id,
                status=broadcast.status,
                done=done,
            )
        )
    session.refresh(broadcast)
    return broadcast


def _values_of(broadcast: Broadcast, to: BroadcastStatus, now: datetime) -> dict[str, Any]:
    """What changes together with the status."""
    values: dict[str, Any] = {"note": None}
    if to == BroadcastStatus.CANCELLED:
        values["finished_at"] = now
    elif broadcast.status == BroadcastStatus.HALTED:
        values["canary_passed"] = True  # whoever resumes it has seen what became of the first
    if to == BroadcastStatus.SCHEDULED and broadcast.starts_at and broadcast.starts_at < now:
        values["max_late"] = None  # whoever resumes it after its time wants it late
    return values


def as_document(broadcast: Broadcast, now: datetime | None = None) -> dict[str, Any]:
    """The JSON shape that scripts rely on; times are RFC 3339 in UTC."""
    seconds = _seconds(broadcast, now or utcnow())
    return {
        "id": broadcast.id,
        "key": broadcast.key,
        "status": str(broadcast.status),
        "audience": broadcast.audience,
        "total": broadcast.total,
        "pending": broadcast.pending,
        "sending": broadcast.sending,
        "sent": broadcast.sent,
        "failed": broadcast.failed,
        "skipped": broadcast.skipped,
        "unknown": broadcast.unknown,
        "reasons": broadcast.reasons,
        "created_at": rfc3339(broadcast.created_at),
        "started_at": rfc3339(broadcast.started_at),
        "finished_at": rfc3339(broadcast.finished_at),
        "seconds": seconds,
        "rate": round(broadcast.sent / seconds, 2) if seconds else None,
        "starts_at": rfc3339(broadcast.starts_at),
        "canary": _canary(broadcast),
        "recipients": broadcast.total - out_of_reach(broadcast),
        "out_of_reach": out_of_reach(broadcast),
        "note": stored.unpack(broadcast.note),
    }


def out_of_reach(broadcast: Broadcast) -> int:
    """To how many in its ledger the bot may not write; members read it on the site.

    All others are its recipients: those whom a preview counts.
    """
    return sum(broadcast.reasons.get(reason, 0) for reason in audience_crud.OUT_OF_REACH)


def _canary(broadcast: Broadcast) -> dict[str, Any] | None:
    """`waiting`: the first have been tried or are being tried, and are not judged yet."""
    if broadcast.canary is None:
        return None
    tried = broadcast.sent + broadcast.failed + broadcast.unknown + broadcast.sending
    undecided = broadcast.status in _UNDER_WAY and not broadcast.canary_passed
    return {
        "people": broadcast.canary,
        "waiting": undecided and tried >= broadcast.canary,
        "passed": broadcast.canary_passed,
    }


def rfc3339(time: datetime | None) -> str | None:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z") if time else None


def _seconds(broadcast: Broadcast, now: datetime) -> float | None:
    if broadcast.started_at is None:
        return None
    return round(((broadcast.finished_at or now) - broadcast.started_at).total_seconds(), 3)


def report_line(row: DeliveryRow) -> dict[str, Any]:
    """One recipient's line in a report, in the order of the columns scripts rely on."""
    return {
        "chat_id": row.chat_id,
        "state": row.state,
        "reason": row.reason,
        "attempts": row.attempts,
        "message_id": row.message_id,
        "updated_at": rfc3339(row.updated_at),
    }
