"""Schedules: broadcasts that are sent again and again. For admins."""

from typing import Any

from flask import Blueprint

from appliance import models
from appliance.crud.broadcasts import schedules as schedules_crud
from appliance.database import writing
from appliance.routers.api import context, credentials, language
from appliance.routers.api.endpoints import Access, endpoint
from appliance.routers.api.paging import page
from appliance.routers.broadcasts import new_of
from appliance.schemas import NewSchedule, PageQuery, Schedule, SchedulePage, SchedulePatch
from appliance.services.broadcasts import click_tracking, schedules

blueprint = Blueprint("schedules", __name__)


@blueprint.get("/schedules")
@endpoint(Access.ADMIN, scope="broadcasts", query=PageQuery, response=SchedulePage)
def list_schedules(query: PageQuery) -> SchedulePage:
    """Schedules by id."""
    session = context.session()
    rows, cursor = page(
        "schedules",
        query,
        lambda limit, after: schedules_crud.list_page(session, limit, after),
        lambda schedule: schedule.id,
    )
    return SchedulePage(items=[_show(row) for row in rows], next_cursor=cursor)


@blueprint.post("/schedules")
@endpoint(
    Access.ADMIN,
    scope="broadcasts",
    body=NewSchedule,
    response=Schedule,
    status=201,
    errors=(404, 409),
)
def create_schedule(body: NewSchedule) -> Schedule:
    """Send a broadcast at each slot from now on."""
    zone = body.timezone if body.timezone is not None else context.settings().timezone
    new = new_of(body, created_by=credentials.caller().id)
    click_tracking.check(context.settings(), new.options)
    with writing(context.session()) as session:
        return _show(schedules.add(session, body.name, body.cron, zone, new))


@blueprint.get("/schedules/<id:schedule_id>")
@endpoint(Access.ADMIN, scope="broadcasts", response=Schedule, errors=(404,))
def show_schedule(schedule_id: int) -> Schedule:
    """One schedule."""
    return _show(schedules_crud.get(context.session(), schedule_id))


@blueprint.patch("/schedules/<id:schedule_id>")
@endpoint(
    Access.ADMIN, scope="broadcasts", body=SchedulePatch, response=Schedule, errors=(404, 409)
)
def change_schedule(schedule_id: int, body: SchedulePatch) -> Schedule:
    """Rename, pause (`enabled: false`), resume, move to other times, or send something else."""
    change = _change(body)
    click_tracking.check(context.settings(), change.template.get("options", {}))
    with writing(context.session()) as session:
        return _show(schedules.change(session, schedule_id, change))


@blueprint.delete("/schedules/<id:schedule_id>")
@endpoint(Access.ADMIN, scope="broadcasts", status=204, errors=(404,))
def delete_schedule(schedule_id: int) -> None:
    """Delete a schedule; what it has sent stays."""
    with writing(context.session()) as session:
        schedules_crud.remove(session, schedule_id)


def _change(body: SchedulePatch) -> schedules.Change:
    template: dict[str, Any] = {
        name: value
        for name in ("text", "format", "variants")
        if (value := getattr(body, name)) is not None
    }
    if body.media is not None:
        template["media"] = tuple(body.media)
    if body.audience is not None:
        template["to"] = tuple(body.audience.to)
        template["exclude"] = tuple(body.audience.not_)
    if body.options is not None:
        template["options"] = body.options.model_dump(exclude_defaults=True)
    if body.quiet is not None:
        template["quiet"] = body.quiet or None
    return schedules.Change(
        body.name, body.cron, body.timezone, body.max_late, body.enabled, template
    )


def _show(schedule: models.Schedule) -> Schedule:
    document = schedules.as_document(schedule)
    result = language.localize(document["last_result"])
    return Schedule.model_validate({**document, "last_result": result})
