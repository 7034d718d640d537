"""`appliance user …`: accounts of the web site."""

from pathlib import Path
from typing import Any

import click

from appliance.cli.context import Context, common_options, pass_context
from appliance.cli.suggest import SuggestingGroup

QUESTION = "Password (at least 10 characters)"
ROLES = click.Choice(["member", "operator", "admin"])
password_file = click.option(
    "--password-file",
    type=click.Path(path_type=Path),
    help="A file with the password (at least 10 characters); '-' is standard input.",
)


@click.group(cls=SuggestingGroup)
def user() -> None:
    """Accounts of the web site. A user is named by email address or id.

    \b
    Examples:
      appliance user add ann@example.org --password-file password
      appliance user list
    """


@user.command()
@click.argument("email")
@click.option("--name", help="Default: what stands before the @.")
@click.option("--role", type=ROLES, default="member", show_default=True)
@password_file
@common_options
@pass_context
def add(
    context: Context, email: str, name: str | None, role: str, password_file: Path | None
) -> None:
    """Make an account.

    \b
    Example:
      appliance user add ann@example.org --role operator --password-file password
    """
    from appliance.cli.input import Prompter
    from appliance.services.accounts import users as account_users

    email = account_users.normalise_email(email)
    password = Prompter(context.interactive).password(
        password_file, QUESTION, "--password-file", _checked
    )
    account_users.validate_password(password)
    hashed = account_users.hash_password(password)
    language = context.settings.default_language
    with context.database.writing() as session:
        user = account_users.create_user(
            session, email, hashed, name or email.partition("@")[0], role, language
        )
        document = _document(user)
    context.report(document, f"Made user {document['id']}, {email} ({role}).")


@user.command("list")
@click.option("--search", help="A part of a name or address.")
@click.option("--unreachable", is_flag=True, help="Only those the bot cannot write to.")
@common_options
@pass_context
def list_(context: Context, search: str | None, unreachable: bool) -> None:
    """Accounts, the newest first.

    \b
    Example:
      appliance user list --search ann
    """
    from appliance.crud.accounts import users

    with context.database.reading() as session:
        rows = users.list_page(session, 1_000_000, None, search, False if unreachable else None)
        documents = [_document(row) for row in rows]
    lines = [
        (d["id"], d["role"], "disabled" if d["disabled"] else "", d["email"], d["name"])
        for d in documents
    ]
    context.list_(documents, ("ID", "ROLE", "ACCESS", "EMAIL", "NAME"), lines, "No user.")


@user.command()
@click.argument("who")
@common_options
@pass_context
def show(context: Context, who: str) -> None:
    """One account.

    \b
    Example:
      appliance user show ann@example.org
    """
    from appliance.crud.accounts import users

    with context.database.reading() as session:
        document = _document(users.find(session, who))
    values = document | {
        "disabled": "yes" if document["disabled"] else "no",
        "chat_id": document["chat_id"] or "not linked",
    }
    context.emit(document, "\n".join(f"{key:<12}{value}" for key, value in values.items()))


@user.command("set-role")
@click.argument("who")
@click.argument("role", type=ROLES)
@common_options
@pass_context
def set_role(context: Context, who: str, role: str) -> None:
    """Make somebody member, operator or admin. The last admin stays one.

    \b
    Example:
      appliance user set-role ann@example.org operator
    """
    _change_access(context, who, role=role)


@user.command()
@click.argument("who")
@common_options
@pass_context
def disable(context: Context, who: str) -> None:
    """Lock an account out; its sessions end at once.

    \b
    Example:
      appliance user disable ann@example.org
    """
    _change_access(context, who, disabled=True)


@user.command()
@click.argument("who")
@common_options
@pass_context
def enable(context: Context, who: str) -> None:
    """Let a disabled account in again.

    \b
    Example:
      appliance user enable ann@example.org
    """
    _change_access(context, who, disabled=False)


@user.command("set-password")
@click.argument("who")
@password_file
@common_options
@pass_context
def set_password(context: Context, who: str, password_file: Path | None) -> None:
    """Give an account a new password; its sessions end.

    \b
    Example:
      appliance user set-password ann@example.org --password-file password
    """
    from appliance.cli.input import Prompter
    from appliance.crud.accounts import users
    from appliance.services.accounts import users as account_users

    password = Prompter(context.interactive).password(
        password_file, f"New {QUESTION.lower()}", "--password-file", _checked
    )
    account_users.validate_password(password)
    hashed = account_users.hash_password(password)
    with context.database.writing() as session:
        changed = account_users.set_password(session, users.find(session, who).id, hashed)
        document = _document(changed)
    context.report(document, f"{document['email']} has a new password.")


def _checked(password: str) -> str:
    from appliance.services.accounts import users as account_users

    account_users.validate_password(password)
    return password


def _change_access(context: Context, who: str, **changes: Any) -> None:
    from appliance.crud.accounts import users
    from appliance.services.accounts import users as account_users

    with context.database.writing() as session:
        user_id = users.find(session, who).id
        document = _document(account_users.update_access(session, user_id, None, **changes))
    state = "disabled" if document["disabled"] else document["role"]
    context.report(document, f"{document['email']} is {state} now.")


def _document(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "email": row.email,
        "name": row.name,
        "role": row.role,
        "language": row.language,
        "disabled": row.disabled,
        "chat_id": row.chat.id if row.chat else None,
    }
