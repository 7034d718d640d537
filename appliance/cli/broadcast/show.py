"""`appliance broadcast show`: all there is to know about one broadcast."""

from typing import Any

import click

from appliance.cli.context import Context, common_options, pass_context

Document = dict[str, Any]


@click.command()
@click.argument("broadcast_id", type=int, metavar="ID")
@common_options
@pass_context
def show(context: Context, broadcast_id: int) -> None:
    """One broadcast: counts, reasons, clicks, what was done to it and by whom.

    \b
    Example:
      appliance broadcast show 7
    """
    emit(context, broadcast_id)


def emit(context: Context, broadcast_id: int) -> None:
    """Answer with the whole of it. Raises NotFound."""
    document = _read(context, broadcast_id)
    context.emit(document, _text(context, document))


def report(context: Context, broadcast_id: int) -> None:
    """The same about what was just done: --quiet leaves it out. Raises NotFound."""
    document = _read(context, broadcast_id)
    context.report(document, _text(context, document))


def _read(context: Context, broadcast_id: int) -> Document:
    from appliance.crud.broadcasts import broadcasts, events, operations
    from appliance.services.broadcasts import as_document, operation_document, statistics
    from appliance.services.timing.clock import rfc3339

    with context.database.reading() as session:
        row = broadcasts.get(session, broadcast_id)
        document = as_document(row)
        recalled = broadcast_id in operations.recalled(session, [broadcast_id])
        done = operations.list_for(session, broadcast_id)
        decided = events.list_for(session, broadcast_id)
        counted = statistics.compute(session, broadcast_id)
    return {
        **document,
        "operations": [operation_document(operation) for operation in done],
        "events": [
            {"at": rfc3339(e.at), "actor": e.actor, "action": e.action, "details": e.details}
            for e in decided
        ],
        "numbers": counted.as_document(),
        "recalled": recalled,
        "text": row.text,
        "format": row.format,
        "variants": row.variants,
    }


def status_of(document: Document) -> str:
    """The status in one word."""
    return "recalled" if document["recalled"] else str(document["status"])


def _text(context: Context, document: Document) -> str:
    lines = [f"{name:<28}{value!s:>12}" for name, value in _rows(document)]
    lines += [f"{name:<20}{value:>20}" for name, value in _times(context, document)]
    if note := context.localize(document["note"]):
        lines.append(note)
    lines += [operation_line(operation) for operation in document["operations"]]
    lines += [
        f"{context.local(event['at'], seconds=True)}  {event['action']} by {event['actor']}"
        for event in document["events"]
    ]
    texts = {"": document["text"], **document["variants"]}
    for language, text in texts.items():
        lines += ["", *([f"{language}:"] if language else []), text]
    return "\n".join(lines)


def _times(context: Context, document: Document) -> list[tuple[str, str]]:
    words = {"created_at": "Queued", "starts_at": "For", "started_at": "Began"}
    words["finished_at"] = "Ended"
    return [
        (word, context.local(document[key], seconds=True))
        for key, word in words.items()
        if document[key]
    ]


def _rows(document: Document) -> list[tuple[str, object]]:
    numbers = document["numbers"]
    rows: list[tuple[str, object]] = [
        (f"Broadcast {document['id']}", status_of(document)),
        ("Recipients", document["recipients"]),
    ]
    if document["out_of_reach"]:
        rows.append(("The bot may not write to", document["out_of_reach"]))
    for state in ("sent", "failed", "skipped", "unknown", "pending"):
        rows.append((state.capitalize(), document[state]))
        reasons = numbers["reasons"].get(state, {})
        rows += [(f"  {reason}", number) for reason, number in reasons.items()]
    if document["seconds"] is not None:
        rows += [("Seconds", f"{document['seconds']:.1f}"), ("Rate, 1/s", document["rate"])]
    if numbers["links"]:
        rows += [("Clicks", numbers["clicks"]), ("People who clicked", numbers["people"])]
        rows += [(f"  {link['url']} ", _clicks(link)) for link in numbers["links"]]
    if numbers["unsubscribed"]:
        rows.append(("Unsubscribed", numbers["unsubscribed"]))
    return rows


def _clicks(link: Document) -> str:
    return f"{link['clicks']} by {link['people']}"


def operation_line(operation: Document) -> str:
    """How far an edit or a recall has come."""
    verb = {"edit": "edited", "recall": "deleted"}[operation["kind"]]
    counts = f"{operation['done']} of {operation['total']} {verb}"
    if operation["failed"]:
        counts += f", {operation['failed']} failed"
    if operation["too_old"]:
        counts += f", {operation['too_old']} too old"
    return f"{operation['kind'].capitalize()} is {operation['status']}: {counts}"
