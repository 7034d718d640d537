"""Broadcasts: write, preview, follow, stop. Operators read; admins write."""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request, stream_with_context
from sqlalchemy.orm import Session

from appliance import models
from appliance.crud import deliveries
from appliance.crud.accounts import users
from appliance.crud.broadcasts import broadcasts as broadcasts_crud
from appliance.crud.deliveries import DeliveryRow
from appliance.database import writing
from appliance.errors import Invalid, localized
from appliance.models import DeliveryState
from appliance.routers.api import context, credentials, language
from appliance.routers.api.endpoints import Access, answer, endpoint
from appliance.routers.api.paging import page
from appliance.schemas import (
    Broadcast,
    BroadcastPage,
    Delivery,
    DeliveryPage,
    DeliveryQuery,
    Draft,
    NewBroadcast,
    PageQuery,
    Preview,
    faults_of,
)
from appliance.services import broadcasts, content, spreadsheet
from appliance.services.broadcasts import click_tracking
from appliance.services.timing import clock

blueprint = Blueprint("broadcasts", __name__)

_CLOCKWORK = {"seconds", "rate"}  # they move by themselves, and are no news


@blueprint.get("/broadcasts")
@endpoint(Access.OPERATOR, scope="broadcasts", query=PageQuery, response=BroadcastPage)
def list_broadcasts(query: PageQuery) -> BroadcastPage:
    """Broadcasts, the newest first."""
    session = context.session()
    rows, cursor = page(
        "broadcasts",
        query,
        lambda limit, before: broadcasts_crud.list_page(session, limit, before),
        lambda broadcast: broadcast.id,
    )
    return BroadcastPage(items=_shown(session, rows), next_cursor=cursor)


@blueprint.post("/broadcasts")
@endpoint(
    Access.ADMIN,
    scope="broadcasts",
    body=NewBroadcast,
    response=Broadcast,
    status=201,
    other_statuses=(200,),
    errors=(404, 409),
    headers=("Idempotency-Key",),
)
def create_broadcast(body: NewBroadcast) -> tuple[Broadcast, int]:
    """Queue a broadcast. With a key that was used before: 200 and the first one."""
    zone = body.timezone if body.timezone is not None else context.settings().timezone
    starts_at = clock.parse_at(body.at, zone) if body.at is not None else None
    author = credentials.caller().id
    new = new_of(body, key=_key(body.key), created_by=author, starts_at=starts_at)
    click_tracking.check(context.settings(), new.options)
    with writing(context.session()) as session:
        broadcast, created = broadcasts.create(session, new, actor=f"user:{author}")
        return show(session, broadcast), 201 if created else 200


@blueprint.post("/broadcasts/preview")
@endpoint(Access.ADMIN, scope="broadcasts", body=Draft, response=Preview)
def preview_broadcast(body: Draft) -> Response:
    """What would be sent, to how many; faults are listed, not refused."""
    preview = broadcasts.preview(context.session(), context.settings(), new_of(body))
    spoken = language.chosen()
    document = Preview(
        html=preview.html,
        length=preview.length,
        limit=preview.limit,
        faults=faults_of(language.translated(preview.faults, spoken)),
        count=preview.count,
        seconds=preview.seconds,
    )
    return language.mark(answer(document), spoken)


@blueprint.get("/broadcasts/<id:broadcast_id>")
@endpoint(
    Access.OPERATOR,
    scope="broadcasts",
    response=Broadcast,
    other_statuses=(304,),
    errors=(404,),
    headers=("If-None-Match",),
)
def show_broadcast(broadcast_id: int) -> Response:
    """One broadcast. Live pages ask with `If-None-Match`: 304 while nothing happened."""
    session = context.session()
    document = show(session, broadcasts_crud.get(session, broadcast_id))
    response = answer(document)
    # Without what a clock changes: else each look at a page would be news, once a second.
    lasting = json.dumps(document.model_dump(mode="json", exclude=_CLOCKWORK), sort_keys=True)
    response.set_etag(hashlib.sha256(lasting.encode()).hexdigest()[:32], weak=True)
    response.cache_control.private = True
    response.cache_control.no_cache = True
    response.make_conditional(request)
    return response


@blueprint.get("/broadcasts/<id:broadcast_id>/deliveries")
@endpoint(
    Access.OPERATOR, scope="broadcasts", query=DeliveryQuery, response=DeliveryPage, errors=(404,)
)
def list_deliveries(broadcast_id: int, query: DeliveryQuery) -> DeliveryPage:
    """What happened to each recipient, by chat id."""
    session = context.session()
    broadcasts_crud.get(session, broadcast_id)
    state = DeliveryState[query.state.upper()] if query.state else None
    rows, cursor = page(
        f"deliveries:{broadcast_id}:{query.state}",
        query,
        lambda limit, after: deliveries.list_page(session, broadcast_id, state, limit, after),
        lambda row: row.chat_id,
    )
    return DeliveryPage(items=[Delivery.model_validate(row) for row in rows], next_cursor=cursor)


@blueprint.get("/broadcasts/<id:broadcast_id>/report.csv")
@endpoint(Access.OPERATOR, scope="broadcasts", response_media_type="text/csv", errors=(404,))
def download_report(broadcast_id: int) -> Response:
    """What happened to each recipient, as a file; streamed, so a million rows take no memory."""
    session = context.session()
    broadcasts_crud.get(session, broadcast_id)
    lines = _lines(deliveries.iterate(session, broadcast_id))
    response = Response(stream_with_context(lines), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="broadcast-{broadcast_id}.csv"'
    return response


def new_of(
    draft: Draft,
    key: str | None = None,
    created_by: int | None = None,
    starts_at: datetime | None = None,
) -> broadcasts.NewBroadcast:
    return broadcasts.NewBroadcast(
        text=draft.text,
        format=draft.format,
        to=tuple(draft.audience.to),
        exclude=tuple(draft.audience.not_),
        options=draft.options_given(),
        variants=draft.variants,
        media=tuple(draft.media),
        key=key,
        created_by=created_by,
        starts_at=starts_at,
        max_late=draft.max_late,
        quiet=draft.quiet,
        canary=draft.canary,
        canary_limit=draft.canary_limit,
        canary_wait=draft.canary_wait,
    )


def _key(of_body: str | None) -> str | None:
    """From the header or the body. Raises Invalid when they differ."""
    key = request.headers.get("Idempotency-Key", of_body)
    if of_body is not None and key != of_body:
        raise Invalid.at("key", localized("Idempotency-Key and `key` differ: one is enough"))
    return key


def show(session: Session, broadcast: models.Broadcast) -> Broadcast:
    return _shown(session, [broadcast])[0]


def _shown(session: Session, rows: Sequence[models.Broadcast]) -> list[Broadcast]:
    names = users.names_of(session, (row.created_by for row in rows))
    return [
        Broadcast.of(row, _document(row), content.to_html(row.text, row.format), names)
        for row in rows
    ]


def _document(row: models.Broadcast) -> dict[str, Any]:
    document = broadcasts.as_document(row)
    return {**document, "note": language.localize(document["note"])}


def _lines(rows: Iterable[DeliveryRow]) -> Iterator[str]:
    """CSV, some hundred rows a piece: a piece a row would be a system call a row."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(broadcasts.REPORT_COLUMNS)
    for number, row in enumerate(rows, 1):
        writer.writerow(spreadsheet.cells(broadcasts.report_line(row)).values())
        if number % 500 == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()
