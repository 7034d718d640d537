"""A broadcast: how it is made and previewed. What is decided about it later: `changes`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from appliance.config import Settings
from appliance.crud import media as media_crud
from appliance.crud.broadcasts import audience as audience_crud
from appliance.crud.broadcasts import broadcasts, events
from appliance.crud.broadcasts.audience import Audience, Term
from appliance.crud.chats import topics
from appliance.errors import Fault, Invalid, NotFound, NothingToDo, localized
from appliance.models import Broadcast, BroadcastStatus, Media, utcnow
from appliance.services import content, idempotency
from appliance.services.broadcasts import audience, canary, click_tracking
from appliance.services.content import media
from appliance.services.timing import clock, pace


@dataclass(frozen=True, slots=True)
class NewBroadcast:
    """A broadcast that somebody asks for; `to` and `exclude` are audience words.

    `variants` are texts by language in place of `text`; with `media`, ids of files, the text is
    their caption.

    `starts_at` None is at once; `max_late` is in seconds after it, or from now on; `quiet` like
    `22:00-08:00` by the recipients' clocks. `canary` people get it first; the rest only if no more
    than the share `canary_limit` of them fail or block within `canary_wait` seconds.
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
    lossy: bool = False
    """Whether the text may have what Telegram drops in silence: a program's message arrives."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be sent, to how many, and how many seconds that would take."""

    html: str
    length: int
    limit: int
    faults: tuple[Fault, ...]
    count: int
    seconds: float


def create(
    session: Session, new: NewBroadcast, now: datetime | None = None, actor: str | None = None
) -> tuple[Broadcast, bool]:
    """Queue a broadcast. Returns it and True; with a key that was used before the first and False.

    An `actor` ("user:5", "cli:root") is recorded as who made it; without one the caller does that.
    Raises Invalid with every fault, KeyReused where the key came with another message before,
    NotFound for an unknown user or chat, NothingToDo for an empty audience. Inside the caller's
    writing transaction; nothing is stored on an error.
    """
    idempotency.check_key(new.key)
    # Before anything is checked: the second time a topic may be gone, or the start lie in the past.
    if new.key and (first := broadcasts.get_by_key(session, new.key)):
        _check_same(session, first, new)
        return first, False
    broadcast = draft(session, new, now)
    if not audience_crud.anybody(session, audience_of(broadcast)):
        raise NothingToDo(localized("this audience is empty: nothing was queued"))
    queued, created = broadcasts.add(session, broadcast)
    if not created:  # somebody else came first, this instant
        _check_same(session, queued, new)
    if created and actor is not None:
        events.add(session, queued.id, actor, "create", now=now)
    return queued, created


def _check_same(session: Session, first: Broadcast, new: NewBroadcast) -> None:
    """Raises KeyReused. What was edited since says nothing of how it was asked for."""
    if first.version > 1:
        return
    same = [
        (first.text, new.text),
        (first.format, new.format),
        (first.variants, lowered(new.variants)),
        ([item["id"] for item in first.media], list(new.media)),
        (first.audience, _audience_again(session, first, new)),
    ]
    idempotency.check_same(new.key, *zip(*same, strict=True))


def _audience_again(session: Session, first: Broadcast, new: NewBroadcast) -> dict[str, Any]:
    """As it would be stored; as it was, where a topic or account in it is gone since."""
    try:
        return audience.parse(session, new.to, new.exclude).as_dict()
    except (Invalid, NotFound):
        return dict(first.audience)


def draft(session: Session, new: NewBroadcast, now: datetime | None = None) -> Broadcast:
    """The row that would be stored. Raises Invalid with every fault, NotFound."""
    files = _files(session, new)
    variants = lowered(new.variants)
    kinds = [file.kind for file in files]
    content.check(new.text, new.format, new.options, variants, kinds, losses=not new.lossy)
    options = resolve_topics(session, new.options)
    if new.max_late is not None and new.starts_at is None:
        new = replace(new, starts_at=now or utcnow())  # from which it is late, should nothing send
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
        return clock.DEFAULT_MAX_LATE_SECONDS
    return new.max_late


def preview(session: Session, settings: Settings, new: NewBroadcast) -> Preview:
    """Faults of content and audience are part of the result and not raised."""
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
        seconds=pace.seconds_for(count, settings.rate),
    )


def _files(session: Session, new: NewBroadcast) -> list[Media]:
    """Raises Invalid for an unknown file."""
    try:
        return media_crud.get_all(session, new.media)
    except NotFound as error:
        raise Invalid.at("media", error.message) from None


def lowered(variants: Mapping[str, str]) -> dict[str, str]:
    """Texts by language as they are stored: the codes in lower case."""
    return {language.lower(): text for language, text in variants.items()}


def resolve_topics(session: Session, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options with the ids of topics that buttons name. Raises Invalid for an unknown topic."""
    try:
        return content.with_topics(options, lambda name: topics.find(session, name).id)
    except NotFound as error:
        raise Invalid.at("options.buttons", error.message) from None


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
    """The audience as stored; words and names were checked when the broadcast was made."""

    def terms(texts: list[str]) -> tuple[Term, ...]:
        parts = (text.partition(":") for text in texts)
        return tuple(Term(kind, value) for kind, _, value in parts)

    return Audience(terms(broadcast.audience["to"]), terms(broadcast.audience["not"]))
