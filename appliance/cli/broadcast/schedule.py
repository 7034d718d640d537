"""`appliance broadcast schedule …`: recurring broadcasts."""

from typing import TYPE_CHECKING

import click

from appliance.cli.broadcast.time_options import When
from appliance.cli.context import Context, common_options, pass_context
from appliance.cli.suggest import SuggestingGroup

if TYPE_CHECKING:
    from appliance.models import Schedule
    from appliance.services.broadcasts import NewBroadcast

_EMPTY: tuple[object, ...] = (None, "", {}, [])


def create(context: Context, when: When, new: "NewBroadcast") -> None:
    """Store the schedule of `broadcast send --cron`."""
    from appliance.services.broadcasts import schedules as broadcast_schedules

    name, expression = str(when.name), str(when.cron)
    with context.database.writing() as session:
        added = broadcast_schedules.add(session, name, expression, when.zone(context), new)
        document = broadcast_schedules.as_document(added)
    context.report(
        document, f"Schedule {added.name} sends next at {context.local(document['next_at'])}."
    )


@click.group(cls=SuggestingGroup)
def schedule() -> None:
    """Recurring broadcasts.

    They are made by `appliance broadcast send --cron`.

    \b
    Examples:
      appliance broadcast send "Rehearsal at seven" --cron '0 9 * * MON' --name rehearsal
      appliance broadcast schedule list
      appliance broadcast schedule pause rehearsal
    """


@schedule.command("list")
@common_options
@pass_context
def list_(context: Context) -> None:
    """All schedules with their next slots.

    \b
    Example:
      appliance broadcast schedule list --json
    """
    from appliance.crud.broadcasts import schedules
    from appliance.services.broadcasts.schedules import as_document

    with context.database.reading() as session:
        documents = [as_document(each) for each in schedules.list_page(session)]
    lines = [
        (
            doc["name"],
            doc["cron"],
            doc["timezone"],
            context.local(doc["next_at"]) or "paused",
            doc["text"],
        )
        for doc in documents
    ]
    context.list_(documents, ("NAME", "CRON", "ZONE", "NEXT", "TEXT"), lines, "No schedule yet.")


@schedule.command()
@click.argument("name")
@common_options
@pass_context
def show(context: Context, name: str) -> None:
    """One schedule, by name or id: what it sends, when, and how the last slot went.

    \b
    Example:
      appliance broadcast schedule show rehearsal
    """
    from appliance.crud.broadcasts import schedules
    from appliance.services.broadcasts.schedules import as_document

    with context.database.reading() as session:
        document = as_document(schedules.find(session, name))
    values = document | {
        "audience": " ".join(document["audience"]["to"]),
        "upcoming": ", ".join(map(context.local, document["upcoming"])),
        **{key: context.local(document[key]) for key in document if key.endswith("_at")},
        "max_late": f"{document['max_late']} s",
        "last_result": context.localize(document["last_result"]),
    }
    lines = [f"{key:<12} {value}" for key, value in values.items() if value not in _EMPTY]
    context.emit(document, "\n".join(lines))


@schedule.command()
@click.argument("name")
@common_options
@pass_context
def pause(context: Context, name: str) -> None:
    """Send no slot until it is resumed.

    \b
    Example:
      appliance broadcast schedule pause rehearsal
    """
    _enable(context, name, False)


@schedule.command()
@click.argument("name")
@common_options
@pass_context
def resume(context: Context, name: str) -> None:
    """Go on with the next slot; those of the pause are not made up for.

    \b
    Example:
      appliance broadcast schedule resume rehearsal
    """
    _enable(context, name, True)


@schedule.command()
@click.argument("name")
@common_options
@pass_context
def delete(context: Context, name: str) -> None:
    """Delete a schedule; what it has sent stays.

    \b
    Example:
      appliance broadcast schedule delete rehearsal
    """
    from appliance.crud.broadcasts import schedules
    from appliance.services.broadcasts.schedules import as_document

    with context.database.writing() as session:
        row = schedules.find(session, name)
        document = as_document(row)
        schedules.remove(session, row.id)
    context.report(document, f"Schedule {document['name']} is deleted.")


def _enable(context: Context, name: str, enabled: bool) -> None:
    from appliance.crud.broadcasts import schedules
    from appliance.services.broadcasts import schedules as broadcast_schedules

    with context.database.writing() as session:
        row: Schedule = schedules.find(session, name)
        changed = broadcast_schedules.change(
            session, row.id, broadcast_schedules.Change(enabled=enabled)
        )
        document = broadcast_schedules.as_document(changed)
    result = f"sends next at {context.local(document['next_at'])}" if enabled else "is paused"
    context.report(document, f"Schedule {document['name']} {result}.")
