"""When to send: the options of `broadcast send`, and `appliance broadcast schedule …`."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from appliance.cli.context import Context, common_options, pass_context

if TYPE_CHECKING:
    from appliance.models import Schedule
    from appliance.services.broadcasts import NewBroadcast

OPTIONS = (
    click.option(
        "--at", metavar="TIME", help="Not before, like '2026-12-24 18:00', or with an offset."
    ),
    click.option("--cron", metavar="EXPRESSION", help="Again and again, like '0 9 * * MON'."),
    click.option("--name", help="What the schedule of --cron is called."),
    click.option(
        "--timezone", metavar="ZONE", help="Of --at and --cron. Default: the site's own (TIMEZONE)."
    ),
    click.option(
        "--max-late",
        metavar="DURATION",
        help="Later than that it is not begun any more. Default: 30m.",
    ),
    click.option(
        "--quiet-hours", metavar="HOURS", help="Nobody at night by their clock: 22:00-08:00."
    ),
)


_NOTHING: tuple[object, ...] = (None, "", {}, [])


@dataclass(frozen=True, slots=True)
class When:
    """What the options say, as it was typed."""

    at: str | None
    cron: str | None
    name: str | None
    timezone: str | None
    max_late: str | None
    quiet_hours: str | None

    def applied(self, context: Context, new: "NewBroadcast") -> "NewBroadcast":
        """The broadcast with its times. Raises Invalid."""
        from appliance.services.timing import clock

        late = self.max_late
        return replace(
            new,
            starts_at=clock.parse_at(self.at, self.zone(context)) if self.at else None,
            max_late=clock.parse_duration(late) if late is not None else None,
            quiet=self.quiet_hours,
        )

    def zone(self, context: Context) -> str:
        return self.timezone if self.timezone is not None else context.settings.timezone

    def check(self, *, key: str | None, wait: bool) -> None:
        """Raises UsageError for options that contradict one another."""
        if self.cron is None:
            if self.name is not None:
                raise click.UsageError("--name goes with --cron")
            if self.at is None and (self.timezone, self.max_late) != (None, None):
                raise click.UsageError("--timezone and --max-late go with --at or --cron")
        elif self.at is not None or key is not None or wait:
            raise click.UsageError("--cron goes without --at, --key and --wait")
        elif self.name is None:
            raise click.UsageError("--cron takes a --name for the schedule")


def time_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options; the command gets them as one `when`."""

    @wraps(command)
    def call(*arguments: Any, **values: Any) -> Any:
        when = When(**{name: values.pop(name) for name in When.__slots__})
        return command(*arguments, when=when, **values)

    for option in reversed(OPTIONS):
        call = option(call)
    return call


def create(context: Context, when: When, new: "NewBroadcast") -> None:
    """Store the schedule of `broadcast send --cron`."""
    from appliance.services.broadcasts import schedules as broadcast_schedules

    name, expression = str(when.name), str(when.cron)
    with context.database.writing() as session:
        made = broadcast_schedules.add(session, name, expression, when.zone(context), new)
        document = broadcast_schedules.as_document(made)
    context.report(document, f"Schedule {made.name} sends next at {document['next_at']}.")


@click.group()
def schedule() -> None:
    """Broadcasts that are sent again and again.

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
    """All schedules with their next slots."""
    from appliance.crud.broadcasts import schedules
    from appliance.services.broadcasts.schedules import as_document

    with context.database.reading() as session:
        documents = [as_document(found) for found in schedules.list_page(session)]
    lines = [
        f"{doc['name']:<20}  {doc['cron']:<15}  {doc['timezone']:<18}"
        f"  {doc['next_at'] or 'paused':<24}  {' '.join(doc['text'].split())[:40]}"
        for doc in documents
    ]
    context.emit(documents, "\n".join(lines) or "No schedule yet.")


@schedule.command()
@click.argument("name")
@common_options
@pass_context
def show(context: Context, name: str) -> None:
    """One schedule, by name or id: what it sends, when, and how the last slot went."""
    from appliance.crud.broadcasts import schedules
    from appliance.services.broadcasts.schedules import as_document

    with context.database.reading() as session:
        document = as_document(schedules.find(session, name))
    words = document | {
        "audience": " ".join(document["audience"]["to"]),
        "upcoming": ", ".join(document["upcoming"]),
        "max_late": f"{document['max_late']} s",
        "last_result": context.localize(document["last_result"]),
    }
    shown = [f"{key:<12} {value}" for key, value in words.items() if value not in _NOTHING]
    context.emit(document, "\n".join(shown))


@schedule.command()
@click.argument("name")
@common_options
@pass_context
def pause(context: Context, name: str) -> None:
    """Send no slot until it is resumed."""
    _enable(context, name, False)


@schedule.command()
@click.argument("name")
@common_options
@pass_context
def resume(context: Context, name: str) -> None:
    """Go on with the next slot; those of the pause are not made up for."""
    _enable(context, name, True)


@schedule.command()
@click.argument("name")
@common_options
@pass_context
def delete(context: Context, name: str) -> None:
    """Delete a schedule; what it has sent stays."""
    from appliance.crud.broadcasts import schedules
    from appliance.services.broadcasts.schedules import as_document

    with context.database.writing() as session:
        found = schedules.find(session, name)
        document = as_document(found)
        schedules.remove(session, found.id)
    context.report(document, f"Schedule {document['name']} is deleted.")


def _enable(context: Context, name: str, enabled: bool) -> None:
    from appliance.crud.broadcasts import schedules
    from appliance.services.broadcasts import schedules as broadcast_schedules

    with context.database.writing() as session:
        found: Schedule = schedules.find(session, name)
        changed = broadcast_schedules.change(
            session, found.id, broadcast_schedules.Change(enabled=enabled)
        )
        document = broadcast_schedules.as_document(changed)
    done = f"sends next at {document['next_at']}" if enabled else "is paused"
    context.report(document, f"Schedule {document['name']} {done}.")
