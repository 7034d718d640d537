"""`appliance topic …`: what people may subscribe to."""

from typing import Any

import click

from appliance.cli.context import Context, common_options, pass_context
from appliance.cli.suggest import SuggestingGroup


@click.group(cls=SuggestingGroup)
def topic() -> None:
    """What people may subscribe to, or opt out of. `--to topic:NAME` writes to its subscribers.

    \b
    Examples:
      appliance topic add news --title "Club news"
      appliance broadcast "The hall is open" --to topic:news
    """


@topic.command()
@click.argument("name")
@click.option("--title", help="What people are shown. Default: the name.")
@click.option("--title-ru", help="The same in Russian.")
@click.option("--off", is_flag=True, help="Nobody gets it until they ask; else everybody does.")
@common_options
@pass_context
def add(context: Context, name: str, title: str | None, title_ru: str | None, off: bool) -> None:
    """Make a topic. NAME takes a-z, 0-9, _ and -.

    \b
    Examples:
      appliance topic add news --title "Club news" --title-ru "Новости клуба"
      appliance topic add choir --off
    """
    from appliance.services.chats import topics

    with context.database.writing() as session:
        document = _document(topics.add(session, name, title, title_ru, default_on=not off))
    context.report(document, f"Made topic {name}.")


@topic.command("list")
@common_options
@pass_context
def list_(context: Context) -> None:
    """Topics by name, and how many would get a broadcast to each now.

    \b
    Example:
      appliance topic list
    """
    from appliance.crud.broadcasts import audience
    from appliance.crud.broadcasts.audience import Audience, Term
    from appliance.crud.chats import topics

    with context.database.reading() as session:
        documents = [
            {
                **_document(row),
                "subscribers": audience.count(session, Audience((Term("topic", row.name),))),
            }
            for row in topics.list_all(session)
        ]
    rows = [
        (doc["subscribers"], "on" if doc["default_on"] else "off", doc["name"], doc["title"])
        for doc in documents
    ]
    context.list_(documents, ("SUBSCRIBERS", "AT FIRST", "NAME", "TITLE"), rows, "No topic.")


@topic.command()
@click.argument("name")
@common_options
@pass_context
def delete(context: Context, name: str) -> None:
    """Forget a topic and what everybody chose about it.

    \b
    Example:
      appliance topic delete news
    """
    from appliance.services.chats import topics

    with context.database.writing() as session:
        topics.remove(session, name)
    context.report({"name": name, "deleted": True}, f"Deleted topic {name}.")


def _document(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "title": row.title,
        "title_ru": row.title_ru,
        "default_on": row.default_on,
    }
