"""`appliance chat …`: people, groups and channels on Telegram."""

from typing import Any

import click

from appliance.cli.context import Context, common_options, pass_context


@click.group()
def chat() -> None:
    """People, groups and channels the bot knows."""


@chat.command("list")
@click.option("--status", type=click.Choice(["active", "stopped", "blocked", "left"]))
@click.option("--linked/--unlinked", default=None, help="Only those with, or without, an account.")
@click.option("--search", help="A part of a name, or an id.")
@click.option("--limit", type=click.IntRange(1), help="At most so many; default: all.")
@common_options
@pass_context
def list_(
    context: Context, status: str | None, linked: bool | None, search: str | None, limit: int | None
) -> None:
    """Chats by id.

    \b
    Examples:
      appliance chat list --status blocked
      appliance chat list --unlinked --json
    """
    from appliance.crud import chats
    from appliance.crud.chats import ChatFilter

    narrow = ChatFilter(query=search, status=status, linked=linked)
    with context.database.reading() as session:
        found = chats.list_page(session, narrow, limit or 10_000_000)
        documents = [_document(row) for row in found]
    lines = [
        f"{doc['chat_id']:>15}  {doc['type']:<10} {doc['status']:<8} {doc['name']}"
        for doc in documents
    ]
    context.emit(documents, "\n".join(lines) or "No chat.")


def _document(row: Any) -> dict[str, Any]:
    return {
        "chat_id": row.id,
        "type": row.type,
        "status": row.status,
        "user_id": row.user_id,
        "name": row.name,
        "username": row.username,
        "language": row.language,
    }
