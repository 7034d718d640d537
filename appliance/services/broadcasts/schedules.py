"""Recurring broadcasts, and what happens to slots that were missed.

A schedule waits for one slot, `next_at`. When it is due, one transaction queues the broadcast and
moves the schedule on. The broadcast's key names the slot, so that it is not sent twice after a
crash, by a second process, or when the clock is put back.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from appliance.crud.broadcasts import broadcasts, events, schedules
from appliance.database import Database
from appliance.errors import ApplianceError, Invalid, Localized, localized, localized_plural
from appliance.models import Broadcast, BroadcastStatus, Schedule, utcnow
from appliance.services.broadcasts.lifecycle import NewBroadcast, create, draft
from appliance.services.timing import clock, cron
from appliance.services.timing.clock import rfc3339

log = logging.getLogger(__name__)

MAX_COUNTED = 100  # missed slots; after a year of `* * * * *` there are half a million of them
UPCOMING = 3  # slots of a schedule that are shown
MAX_RESULT = 255  # characters, of the column `last_result`

# Fields that the slot decides, not the template.
_OF_A_SLOT = frozenset({"key", "created_by", "starts_at", "max_late", "schedule_id"})


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be changed; what is None stays as it is.

    `template` has fields of a NewBroadcast by name; fields that it does not name stay, too.
    """

    name: str | None = None
    cron: str | None = None
    timezone: str | None = None
    max_late: int | None = None
    enabled: bool | None = None
    template: Mapping[str, Any] = field(default_factory=dict)


def add(
    session: Session,
    name: str,
    expression: str,
    timezone: str,
    new: NewBroadcast,
    now: datetime | None = None,
) -> Schedule:
    """Make a schedule of a broadcast; its first slot is the first one after `now`.

    Raises Invalid with the faults of content, audience, times or expression, NotFound for an
    unknown user or chat, Conflict for a name that is taken. The audience may be empty so far.
    """
    now = now or utcnow()
    draft(session, new, now)
    expression = cron.check(expression)
    return schedules.add(
        session,
        Schedule(
            name=_check_name(name),
            cron=expression,
            timezone=timezone,
            template=to_template(new),
            max_late=new.max_late,
            enabled=True,
            next_at=cron.next_slot(expression, timezone, now),
            created_by=new.created_by,
        ),
    )


def change(
    session: Session, schedule_id: int, changes: Change, now: datetime | None = None
) -> Schedule:
    """Rename, pause, resume, move to other times, or send something else from the next slot on.

    The slots of a pause are not sent later. Raises NotFound, Invalid, Conflict.
    """
    schedule, now = schedules.get(session, schedule_id), now or utcnow()
    clock.check(None, changes.max_late, None, now)
    if changes.template:
        new = replace(from_template(schedule.template), **changes.template)
        draft(session, new, now)
        schedule.template = to_template(new)
    if changes.name is not None and changes.name != schedule.name:
        schedules.rename(session, schedule, _check_name(changes.name))
    if changes.max_late is not None:
        schedule.max_late = changes.max_late
    if changes.enabled is not None:
        schedule.enabled = changes.enabled
    if changes.cron is not None:
        schedule.cron = cron.check(changes.cron)
    if changes.timezone is not None:
        schedule.timezone = changes.timezone
    if not schedule.enabled:
        schedule.next_at = None
    elif schedule.next_at is None or changes.cron is not None or changes.timezone is not None:
        schedule.next_at = cron.next_slot(schedule.cron, schedule.timezone, now)
    session.flush()
    return schedule


def _check_name(name: str) -> str:
    stripped = name.strip()
    if not 0 < len(stripped) <= 100 or not stripped.isprintable():
        message = localized("a schedule's name must have 1 to 100 characters on one line")
        raise Invalid.at("name", message)
    return stripped


# What is due


def run_due(database: Database, now: datetime) -> list[int]:
    """Send what is due. Returns the ids of the broadcasts that were queued."""
    with database.reading() as session:
        due = schedules.list_due(session, now)
    queued = []
    for schedule_id in due:
        # One transaction each: what is queued stays queued, should the next one fail.
        with database.writing() as session:
            made = run_slot(session, schedule_id, now)
        if made is not None:
            queued.append(made)
    return queued


def run_slot(session: Session, schedule_id: int, now: datetime) -> int | None:
    """Queue a schedule's newest slot, unless it is too late for it, and move on to the next.

    All in the caller's writing transaction. None where nothing was queued: another process was
    first, or `last_result` says why.
    """
    schedule = schedules.get_fresh(session, schedule_id)
    if schedule is None or schedule.next_at is None or schedule.next_at > now:
        return None
    first = schedule.next_at
    try:
        # Of several that were missed the newest only: after a day of standstill nobody wants 24
        # messages.
        slot = max(first, cron.last_slot(schedule.cron, schedule.timezone, now))
        following = cron.next_slot(schedule.cron, schedule.timezone, now)
    except Invalid as error:
        _give_up(session, schedule, error)
        return None
    # Before it is sent, and in the same transaction: on PostgreSQL a second process waits here for
    # the first one's commit, and then finds the slot moved on.
    if not schedules.move_on(session, schedule.id, first, following):
        return None
    queued, result = _send(session, schedule, slot, now)
    result = _missed_before(schedule, first, slot, result)
    schedule.last_at, schedule.last_result = slot, result.dump(MAX_RESULT)
    session.flush()
    level = logging.INFO if queued is not None and slot == first else logging.WARNING
    log.log(level, "schedule %s: %s", schedule.name, result)
    return queued


def realign(database: Database, now: datetime) -> None:
    """Let each schedule wait for its next slot: it waits for a later one if the clock was put back.

    A slot that was sent already is due again then, and is recognised by its key.
    """
    with database.writing() as session:
        for schedule in schedules.list_enabled(session):
            try:
                following = cron.next_slot(schedule.cron, schedule.timezone, now)
            except Invalid as error:
                _give_up(session, schedule, error)
                continue
            if schedule.next_at is None or schedule.next_at > following:
                schedules.move_on(session, schedule.id, schedule.next_at, following)


def _give_up(session: Session, schedule: Schedule, error: Invalid) -> None:
    """Pause it. Its time zone does not exist any more, say: that must not stop the others."""
    schedule.enabled, schedule.next_at = False, None
    result = localized("paused: {error}", error=error.message)
    schedule.last_result = result.dump(MAX_RESULT)
    session.flush()
    log.error("schedule %s: %s", schedule.name, result)


def _send(
    session: Session, schedule: Schedule, slot: datetime, now: datetime
) -> tuple[int | None, Localized]:
    """The id of the slot's broadcast, if it was queued now, and the result as text."""
    at = _minute(slot)
    if clock.latest(slot, schedule.max_late) < now:
        seconds = int((now - slot).total_seconds())
        late = f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        return None, localized("{slot} was missed by {late}", slot=at, late=late)
    try:
        new = replace(
            from_template(schedule.template),
            key=f"schedule:{schedule.id}:{slot:%Y-%m-%dT%H:%M:%SZ}",
            created_by=schedule.created_by,
            starts_at=slot,
            max_late=schedule.max_late,
            schedule_id=schedule.id,
            # Checked when it was written; what is dropped in silence is no reason to send nothing.
            lossy=True,
        )
        broadcast, created = create(session, new, now)
    except ApplianceError as error:
        return None, localized("{slot} was not sent: {error}", slot=at, error=error.message)
    if not created:
        return None, localized("{slot} was sent before: broadcast {id}", slot=at, id=broadcast.id)
    details = {"schedule": schedule.name, "slot": rfc3339(slot)}
    events.add(session, broadcast.id, events.SCHEDULER, "create", details, now=now)
    return broadcast.id, localized("{slot} is broadcast {id}", slot=at, id=broadcast.id)


def _missed_before(
    schedule: Schedule, first: datetime, slot: datetime, result: Localized
) -> Localized:
    """The result, with how many older slots were missed because nothing ran."""
    if first == slot:
        return result
    count = 1
    for older in cron.slots(schedule.cron, schedule.timezone, first):
        # Counted one by one, so bounded: a year of `* * * * *` has half a million.
        if older >= slot or count > MAX_COUNTED:
            break
        count += 1
    since = _minute(first)
    if count > MAX_COUNTED:
        return localized(
            "{result}; more than {most} slots before it since {since} missed",
            result=result,
            most=MAX_COUNTED,
            since=since,
        )
    return localized_plural(
        "{result}; {count} slot before it since {since} missed",
        "{result}; {count} slots before it since {since} missed",
        count=count,
        result=result,
        since=since,
    )


def cancel_missed(database: Database, now: datetime) -> list[int]:
    """Cancel the broadcasts that are too late to begin, with a note in each. Returns their ids."""
    # Asked without the write lock first: every 3 s there is nothing to do.
    with database.reading() as session:
        if not broadcasts.list_missed(session, now):
            return []
    with database.writing() as session:
        return [
            row.id for row in broadcasts.list_missed(session, now) if _cancel(session, row, now)
        ]


def _cancel(session: Session, broadcast: Broadcast, now: datetime) -> bool:
    starts_at, max_late = broadcast.starts_at, broadcast.max_late
    note = localized(
        "missed its slot: it was to start at {time}, or {seconds} s later",
        time=rfc3339(starts_at),
        seconds=max_late,
    )
    done = broadcasts.change_status(
        session,
        broadcast.id,
        (BroadcastStatus.SCHEDULED,),
        BroadcastStatus.CANCELLED,
        note=note.dump(),
        finished_at=now,
    )
    if done:
        details = {"starts_at": rfc3339(starts_at), "max_late": max_late}
        events.add(session, broadcast.id, events.SCHEDULER, events.MISSED, details, now=now)
        log.warning("broadcast %s %s", broadcast.id, note)
    return done


# Templates and shapes


def to_template(new: NewBroadcast) -> dict[str, Any]:
    """As it is stored: the fields that differ from their defaults, as JSON."""
    return {
        field.name: _as_json(value)
        for field in fields(new)
        if field.name not in _OF_A_SLOT and (value := getattr(new, field.name)) != _default(field)
    }


def from_template(template: Mapping[str, Any]) -> NewBroadcast:
    """Raises Invalid for a template of another version, with fields that this one does not know."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in template.items()
    }
    if unknown := values.keys() - {field.name for field in fields(NewBroadcast)}:
        raise Invalid(f"its template is of another version: {', '.join(sorted(unknown))}")
    return NewBroadcast(**values)


def _as_json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value


def _default(field: Any) -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default


def as_document(schedule: Schedule, now: datetime | None = None) -> dict[str, Any]:
    """A schedule as JSON; times are RFC 3339 in UTC."""
    template, late = schedule.template, schedule.max_late
    return {
        "id": schedule.id,
        "name": schedule.name,
        "cron": schedule.cron,
        "timezone": schedule.timezone,
        "enabled": schedule.enabled,
        "next_at": rfc3339(schedule.next_at),
        "last_at": rfc3339(schedule.last_at),
        "last_result": Localized.load(schedule.last_result),
        "max_late": clock.DEFAULT_MAX_LATE_SECONDS if late is None else late,
        "quiet": template.get("quiet"),
        "text": template["text"],
        "format": template.get("format", "plain"),
        "audience": {"to": template.get("to", []), "not": template.get("exclude", [])},
        "upcoming": [rfc3339(slot) for slot in _upcoming(schedule, now or utcnow())],
        "created_at": rfc3339(schedule.created_at),
        "variants": template.get("variants", {}),
        "media": template.get("media", []),
        "options": template.get("options", {}),
    }


def _upcoming(schedule: Schedule, now: datetime) -> Sequence[datetime]:
    if not schedule.enabled:
        return ()
    return cron.upcoming(schedule.cron, schedule.timezone, now, UPCOMING)


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
