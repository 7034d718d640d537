"""`appliance token …`: keys with which programs use the API."""

from typing import Any

import click

from appliance.cli.context import Context, common_options, pass_context
from appliance.cli.exits import FAILED, Done
from appliance.cli.layout.tables import Cell
from appliance.cli.suggest import SuggestingGroup

SCOPES = click.Choice(["notify", "broadcasts", "inbox", "read"])


@click.group(cls=SuggestingGroup)
def token() -> None:
    """Keys with which programs use the API. A token acts for its user, within its scopes.

    \b
    Examples:
      appliance token create --user ann@example.org --name "disk check" --scope notify
      appliance token list
    """


@token.command()
@click.option("--user", "who", required=True, help="Whom it acts for: email address or id.")
@click.option("--name", required=True, help="What it is for, to tell it from others.")
@click.option(
    "--scope",
    "scopes",
    type=SCOPES,
    multiple=True,
    required=True,
    help="What it may do; `read` is all its user may read. Repeatable.",
)
@click.option(
    "--expires-in-days", "days", type=int, metavar="N", help="Default: when it is revoked."
)
@common_options
@pass_context
def create(
    context: Context, who: str, name: str, scopes: tuple[str, ...], days: int | None
) -> None:
    """Make a token. It is printed this once: only its hash is kept.

    \b
    Examples:
      appliance token create --user ann@example.org --name "disk check" --scope notify > token
      appliance token create --user 1 --name grafana --scope notify --expires-in-days 365
    """
    from appliance.crud.accounts import users
    from appliance.models import utcnow
    from appliance.services.accounts import tokens

    with context.database.writing() as session:
        owner = users.find(session, who)
        new = tokens.create(session, owner.id, name, scopes, days, utcnow())
        document = _document(new.row, owner.email)
    context.remark(f"Token {document['id']} of {document['user']}. It is not shown again:")
    context.done = Done(f"token {document['id']} is made, and nobody knows it: revoke it", FAILED)
    context.emit({**document, "token": new.token}, new.token)


@token.command("list")
@click.option("--user", "who", help="Only those of this user: email address or id.")
@common_options
@pass_context
def list_(context: Context, who: str | None) -> None:
    """Tokens, the newest first: what for, whose, used when. No token itself is known here.

    \b
    Example:
      appliance token list --user ann@example.org
    """
    from appliance.crud.accounts import tokens, users

    with context.database.reading() as session:
        user_id = users.find(session, who).id if who is not None else None
        rows = tokens.list_page(session, 1_000_000, None, user_id)
        documents = [_document(row, users.get(session, row.user_id).email) for row in rows]
    headers = ("ID", "TOKEN", "SCOPES", "USER", "NAME", "CREATED", "USE")
    context.list_(documents, headers, (_row(context, it) for it in documents), "No token.")


@token.command()
@click.argument("token_id", type=int, metavar="ID")
@common_options
@pass_context
def revoke(context: Context, token_id: int) -> None:
    """End a token at once. Its line stays in the list.

    \b
    Example:
      appliance token revoke 3
    """
    from appliance.crud.accounts import users
    from appliance.models import utcnow
    from appliance.services.accounts import tokens

    with context.database.writing() as session:
        row = tokens.revoke(session, token_id, None, utcnow())
        document = _document(row, users.get(session, row.user_id).email)
    context.report(document, f"Token {token_id} ({document['name']}) is revoked.")


def _document(row: Any, email: str) -> dict[str, Any]:
    from appliance.services.timing.clock import rfc3339

    return {
        "id": row.id,
        "name": row.name,
        "hint": row.hint,
        "user": email,
        "scopes": row.scopes,
        "created_at": rfc3339(row.created_at),
        "expires_at": rfc3339(row.expires_at),
        "last_used_at": rfc3339(row.last_used_at),
        "revoked_at": rfc3339(row.revoked_at),
    }


def _row(context: Context, document: dict[str, Any]) -> tuple[Cell, ...]:
    used = f"used {context.local(document['last_used_at']) or 'never'}"
    if document["revoked_at"]:
        used = f"revoked {context.local(document['revoked_at'])}"
    elif document["expires_at"]:
        used += f", expires {context.local(document['expires_at'])}"
    return (
        document["id"],
        f"{document['hint']}…",
        ",".join(document["scopes"]),
        document["user"],
        document["name"],
        context.local(document["created_at"]),
        used,
    )
