"""Decisions about a broadcast, before and after it is sent; each is recorded with who made it."""

from contextlib import AbstractContextManager

from flask import Blueprint
from sqlalchemy.orm import Session

from appliance import models
from appliance.crud.accounts import users
from appliance.crud.broadcasts import broadcasts as broadcasts_crud
from appliance.crud.broadcasts import events, operations
from appliance.database import writing
from appliance.routers.api import context, credentials
from appliance.routers.api.endpoints import Access, endpoint
from appliance.routers.broadcasts import new_of, show
from appliance.schemas import (
    Broadcast,
    Changed,
    Draft,
    Edit,
    Event,
    EventList,
    Operation,
    OperationList,
    Plan,
    Recallable,
    Retried,
    Retry,
    Statistics,
)
from appliance.services import broadcasts
from appliance.services.broadcasts import changes, click_tracking, dry_run

blueprint = Blueprint("broadcast_changes", __name__)

_USER = "user:"


@blueprint.post("/broadcasts/plan")
@endpoint(Access.ADMIN, scope="broadcasts", body=Draft, response=Plan, errors=(404,))
def plan_broadcast(body: Draft) -> Plan:
    """A dry run: how many, how long, what it costs, who is new since the last one to the same."""
    made = dry_run.make(context.session(), context.settings(), new_of(body))
    return Plan.model_validate(made)


@blueprint.post("/broadcasts/<id:broadcast_id>/pause")
@endpoint(Access.ADMIN, scope="broadcasts", response=Broadcast, errors=(404, 409))
def pause_broadcast(broadcast_id: int) -> Broadcast:
    """Stop sending, editing or recalling for now; what is in flight is finished."""
    return _show(changes.pause(_write, broadcast_id, _actor()))


@blueprint.post("/broadcasts/<id:broadcast_id>/resume")
@endpoint(Access.ADMIN, scope="broadcasts", response=Broadcast, errors=(404, 409))
def resume_broadcast(broadcast_id: int) -> Broadcast:
    """Go on with what was paused, or with a broadcast that halted."""
    return _show(changes.resume(_write, broadcast_id, _actor()))


@blueprint.post("/broadcasts/<id:broadcast_id>/cancel")
@endpoint(Access.ADMIN, scope="broadcasts", response=Broadcast, errors=(404, 409))
def cancel_broadcast(broadcast_id: int) -> Broadcast:
    """Stop for good; who was not reached yet is skipped."""
    return _show(changes.cancel(_write, broadcast_id, _actor()))


@blueprint.post("/broadcasts/<id:broadcast_id>/retry")
@endpoint(Access.ADMIN, scope="broadcasts", body=Retry, response=Retried, errors=(404, 409))
def retry_broadcast(broadcast_id: int, body: Retry) -> Retried:
    """Send again to those who failed, or whose outcome is unknown. Never done by itself.

    What was cancelled because it could not begin in time waits once more, or begins at once.
    """
    broadcast, count = changes.retry(_write, broadcast_id, body.which, _actor())
    return Retried(broadcast=_show(broadcast), count=count)


@blueprint.post("/broadcasts/<id:broadcast_id>/edit")
@endpoint(Access.ADMIN, scope="broadcasts", body=Edit, response=Changed, errors=(404, 409))
def edit_broadcast(broadcast_id: int, body: Edit) -> Changed:
    """Change what is pending and, message by message, what was delivered."""
    actor = _actor()
    options = None if body.options is None else body.options.model_dump(exclude_defaults=True)
    click_tracking.check(context.settings(), options or {})
    broadcast, operation = changes.edit(
        _write,
        broadcast_id,
        actor,
        text=body.text,
        format=body.format,
        options=options,
        variants=body.variants,
    )
    return _changed(broadcast, operation)


@blueprint.get("/broadcasts/<id:broadcast_id>/recall")
@endpoint(Access.OPERATOR, scope="broadcasts", response=Recallable, errors=(404,))
def show_recallable(broadcast_id: int) -> Recallable:
    """What a recall can still reach: Telegram deletes nothing older than 48 hours."""
    return Recallable.model_validate(changes.recallable(context.session(), broadcast_id))


@blueprint.post("/broadcasts/<id:broadcast_id>/recall")
@endpoint(Access.ADMIN, scope="broadcasts", response=Changed, errors=(404, 409))
def recall_broadcast(broadcast_id: int) -> Changed:
    """Stop it for good, and delete what was delivered as far as Telegram still allows."""
    broadcast, operation = changes.recall(_write, broadcast_id, _actor())
    return _changed(broadcast, operation)


@blueprint.get("/broadcasts/<id:broadcast_id>/operations")
@endpoint(Access.OPERATOR, scope="broadcasts", response=OperationList, errors=(404,))
def list_operations(broadcast_id: int) -> OperationList:
    """Edits and recalls, oldest first, and how far each has come."""
    session = context.session()
    broadcasts_crud.get(session, broadcast_id)
    rows = operations.list_for(session, broadcast_id)
    return OperationList(
        items=[Operation.model_validate(broadcasts.operation_document(row)) for row in rows]
    )


_OPERATION = "/broadcasts/<id:broadcast_id>/operations/<id:operation_id>"


@blueprint.post(f"{_OPERATION}/pause")
@endpoint(Access.ADMIN, scope="broadcasts", response=Operation, errors=(404, 409))
def pause_operation(broadcast_id: int, operation_id: int) -> Operation:
    """Stop editing or recalling for now; what is in flight is finished."""
    return _decide_operation(broadcast_id, operation_id, "pause")


@blueprint.post(f"{_OPERATION}/resume")
@endpoint(Access.ADMIN, scope="broadcasts", response=Operation, errors=(404, 409))
def resume_operation(broadcast_id: int, operation_id: int) -> Operation:
    """Go on with an edit or a recall that was paused."""
    return _decide_operation(broadcast_id, operation_id, "resume")


@blueprint.post(f"{_OPERATION}/cancel")
@endpoint(Access.ADMIN, scope="broadcasts", response=Operation, errors=(404, 409))
def cancel_operation(broadcast_id: int, operation_id: int) -> Operation:
    """End an edit or a recall; what it has changed already stays so."""
    return _decide_operation(broadcast_id, operation_id, "cancel")


@blueprint.get("/broadcasts/<id:broadcast_id>/events")
@endpoint(Access.OPERATOR, scope="broadcasts", response=EventList, errors=(404,))
def list_events(broadcast_id: int) -> EventList:
    """The history of the broadcast, oldest first."""
    session = context.session()
    broadcasts_crud.get(session, broadcast_id)
    rows = events.list_for(session, broadcast_id)
    names = users.names_of(session, (_user_id(row.actor) for row in rows))
    return EventList(items=[_event(row, names) for row in rows])


@blueprint.get("/broadcasts/<id:broadcast_id>/numbers")
@endpoint(Access.OPERATOR, scope="broadcasts", response=Statistics, errors=(404,))
def show_statistics(broadcast_id: int) -> Statistics:
    """How fast it goes, outcomes over time, reasons, clicks, and who opted out because of it.

    May be asked every second; of a large broadcast all but the rate may be some seconds old.
    """
    session, cache = context.session(), context.context().statistics
    broadcast = broadcasts_crud.get(session, broadcast_id)
    live = cache.live(broadcast)
    counted = cache.get(session, broadcast_id).as_document()
    return Statistics(
        status=models.BroadcastStatus(broadcast.status).value,
        rate=live.rate,
        eta_seconds=live.eta_seconds,
        **counted,
    )


def _decide_operation(broadcast_id: int, operation_id: int, verb: changes.Verb) -> Operation:
    actor = _actor()
    with writing(context.session()) as session:
        changed = changes.decide_operation(session, broadcast_id, operation_id, verb, actor)
        return Operation.model_validate(broadcasts.operation_document(changed))


def _actor() -> str:
    return f"{_USER}{credentials.caller().id}"


def _write() -> AbstractContextManager[Session]:
    return writing(context.session())


def _show(broadcast: models.Broadcast) -> Broadcast:
    return show(context.session(), broadcast)


def _changed(broadcast: models.Broadcast, operation: models.Operation | None) -> Changed:
    return Changed(broadcast=_show(broadcast), operation=_operation(operation))


def _operation(operation: models.Operation | None) -> Operation | None:
    return Operation.model_validate(broadcasts.operation_document(operation)) if operation else None


def _user_id(actor: str) -> int | None:
    number = actor.removeprefix(_USER)
    return int(number) if number != actor and number.isdecimal() else None


def _event(row: models.BroadcastEvent, names: dict[int, str]) -> Event:
    user_id = _user_id(row.actor)
    return Event(
        id=row.id,
        at=row.at,
        actor=row.actor,
        name=names.get(user_id) if user_id is not None else None,
        action=row.action,
        details=row.details,
    )
