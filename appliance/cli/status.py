"""`appliance status`: what runs and what waits."""

from typing import Any

import click

from appliance.cli.context import Context, common_options, pass_context

CHATS_SHOWN = 5
"""Of the chats that wait, and of the tokens that were refused; all of them are in `--json`."""


@click.command()
@common_options
@pass_context
def status(context: Context) -> None:
    """The parts with their heartbeats, what waits or could not be handled, a flood pause, alerts
    that were refused.

    \b
    Examples:
      appliance status
      appliance status --json
    """
    from appliance.services import status as status_service

    with context.database.reading() as session:
        document = status_service.document(session)
    context.emit(document, _table(context, document))


def _table(context: Context, document: dict[str, Any]) -> str:
    def at(time: str) -> str:
        return context.local(time, seconds=True)

    rows = [
        f"{name:<10} {part['state']:<24} {at(part['heartbeat_at'])}".rstrip()
        for name, part in document["parts"].items()
    ]
    queue = document["queue"]
    rows.append(f"{'queue':<10} {queue['pending']} waiting, {queue['oldest_seconds']:.0f} s")
    if count := document["set_aside"]:
        updates = f"{count} update{'s' if count > 1 else ''} could not be handled"
        rows.append(f"{'set aside':<10} {updates}: see docs/telegram.md")
    if document["flood_until"]:
        rows.append(f"{'flood':<10} Telegram asked for silence until {at(document['flood_until'])}")
    rows += [
        f"{'flood':<10} Telegram asked for silence in chat {p['chat_id']} until {at(p['until'])}"
        for p in document["chat_pauses"][:CHATS_SHOWN]
    ]
    rows += [
        f"{'refused':<10} {r['count']} of token {r['token']}, the last {at(r['at'])}: {r['reason']}"
        for r in document["refused"][:CHATS_SHOWN]
    ]
    rows.append(f"{'version':<10} {document['version']}, schema {document['schema']}")
    return "\n".join(rows)
