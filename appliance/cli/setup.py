"""What `appliance init` does; each step is skipped where it was done before."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote
from typing import Any

import click

from appliance import config, env_file
from appliance.bot.telegram import get_me, make_bot
from appliance.cli.input import Prompter
from appliance.config import Settings
from appliance.crud.accounts import users
from appliance.database import SCHEMA, Database, check_schema, schema_version
from appliance.engines import sqlite_path
from appliance.errors import ConfigError
from appliance.models import Role
from appliance.services import bot_identity
from appliance.services.accounts import users as account_users
from appliance.services.schema import upgrade


@dataclass(frozen=True, slots=True)
class InitOptions:
    """What the command line says; None: nothing."""

    domain: str | None = None
    bot_token: str | None = field(default=None, repr=False)
    admin_email: str | None = None
    admin_name: str = "Admin"
    admin_password: str | None = field(default=None, repr=False)
    language: str | None = None
    sandbox: bool = False


@dataclass(slots=True)
class InitResult:
    """What was made: lines for people, a document for programs."""

    home: Path
    lines: list[str] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    admin: str | None = None

    @property
    def document(self) -> dict[str, Any]:
        return {"home": str(self.home), "made": self.made, "admin": self.admin}

    @property
    def summary(self) -> str:
        if not self.made:
            return (
                f"{self.home} is ready already: nothing was changed. Its settings: {self.home}/.env"
            )
        return f"{self.home} is ready. Start it: appliance --home {quote(str(self.home))} serve"

    def note(self, what: str, line: str) -> None:
        self.made.append(what)
        self.lines.append(line)


@dataclass(frozen=True, slots=True)
class _Admin:
    email: str
    name: str
    password_hash: str = field(repr=False)


def make_home(
    home: Path, options: InitOptions, prompter: Prompter, environ: Mapping[str, str] | None = None
) -> InitResult:
    """Make settings, database and first admin where they are missing; what exists is not changed.

    Everything is asked and checked (the token by getMe) before the first byte is written.
    Raises click.UsageError, which names a missing flag, and domain errors.
    """
    result = InitResult(home)
    values = config.read_values(home, environ)
    fresh = not (home / ".env").exists()
    new_values = _new_values(home, values, options, prompter) if fresh else {}
    address = _new_address(home, environ)
    settings = Settings.load(home, {**values, **new_values})
    admin = None if _has_admin(settings) else _first_admin(options, prompter)
    bot = _identify(settings) if fresh and settings.bot_enabled and not settings.sandbox else None

    _make_directory(home)
    if schema_version(settings.database_url) is None:
        upgrade(settings)  # before .env: a database that cannot be made must leave no half a home
        result.note("database", f"made the database at schema {SCHEMA}")
    if fresh:
        env_file.write(home / ".env", new_values | address)
        result.note("settings", f"wrote {home / '.env'} (mode 0600)")
    elif address:
        result.lines.append(f"{home / '.env'} names another database than DATABASE_URL does here")
    check_schema(settings)
    _store(settings, admin, bot, result)
    result.lines += _left_out(options, fresh=fresh, admin_made=admin is not None)
    return result


def _left_out(options: InitOptions, *, fresh: bool, admin_made: bool) -> list[str]:
    """A line for options that change nothing, because what they are about was there."""
    settings = {
        "--domain": options.domain,
        "--bot-token": options.bot_token,
        "--language": options.language,
        "--sandbox": options.sandbox,
    }
    admin = {"--admin-email": options.admin_email, "--admin-password-file": options.admin_password}
    unused = [name for name, value in settings.items() if value and not fresh]
    lines = [f"{', '.join(unused)}: left out, since .env is there: edit it"] if unused else []
    unused = [name for name, value in admin.items() if value and not admin_made]
    return lines + (
        [f"{', '.join(unused)}: left out, since there is an admin: `appliance user add`"]
        if unused
        else []
    )


def _new_values(
    home: Path, current: Mapping[str, str], options: InitOptions, prompter: Prompter
) -> dict[str, str]:
    """The contents of a new .env, without what the environment says already."""
    sandbox = options.sandbox or current.get("BOT_MODE", "").lower() == "sandbox"
    if sandbox and options.bot_token:
        raise click.UsageError("--sandbox and --bot-token exclude each other: choose one")
    values = {"SECRET_KEY": current.get("SECRET_KEY") or config.new_secret_key()}
    if sandbox:
        values["BOT_MODE"] = "sandbox"
    elif current.get("BOT_MODE", "").lower() != "off":
        token = options.bot_token or current.get("BOT_TOKEN")
        values["BOT_TOKEN"] = prompter.text(
            token,
            "Bot token from @BotFather (not shown)",
            "--bot-token-file (or --sandbox)",
            lambda typed: _check_token(home, {**current, **values, "BOT_TOKEN": typed}),
            secret=True,
        )
    if options.domain:
        # nginx on the same machine says who the visitor is (nginx/appliance.conf)
        values |= {"DOMAIN": options.domain, "TRUSTED_PROXY": "127.0.0.1"}
    if options.language:
        values["DEFAULT_LANGUAGE"] = options.language
    return {name: value for name, value in values.items() if current.get(name) != value}


def _check_token(home: Path, values: Mapping[str, str]) -> str:
    """Asks Telegram at once, while a slip can be mended. Raises ConfigError, BadToken."""
    settings = Settings.load(home, values)
    if settings.bot_enabled:
        _identify(settings)
    return values["BOT_TOKEN"]


def _new_address(home: Path, environ: Mapping[str, str] | None) -> dict[str, str]:
    """DATABASE_URL, where the environment says another one than `.env`; else nothing.

    Without it the next command would look for a SQLite file. What DATABASE_URL_FILE holds stays
    there: in `.env` it would win over the file.
    """
    url = config.said_in_environment("DATABASE_URL", environ)
    if url is None or url == env_file.read(home / ".env").get("DATABASE_URL"):
        return {}
    path = sqlite_path(url)  # in `.env` it must not depend on the working directory
    return {"DATABASE_URL": url if path is None else config.sqlite_url(path)}


def _first_admin(options: InitOptions, prompter: Prompter) -> _Admin:
    email = account_users.normalise_email(
        prompter.text(
            options.admin_email,
            "Email of the first admin",
            "--admin-email",
            account_users.normalise_email,
        )
    )
    password = options.admin_password or prompter.password(
        None,
        "Password of the first admin (at least 10 characters)",
        "--admin-password-file",
        _check_password,
    )
    account_users.validate_password(password)
    return _Admin(
        email,
        account_users.normalise_name(options.admin_name),
        account_users.hash_password(password),
    )


def _check_password(password: str) -> str:
    account_users.validate_password(password)
    return password


def _identify(settings: Settings) -> dict[str, Any]:
    """Ask Telegram who the token belongs to. Raises BadToken, Unavailable."""
    return get_me(make_bot(str(settings.bot_token), settings.api_url)).as_setting()


def _has_admin(settings: Settings) -> bool:
    if schema_version(settings.database_url) is None:
        return False
    check_schema(settings)
    database = Database(settings.database_url)
    try:
        with database.reading() as session:
            return bool(users.list_admins(session))
    finally:
        database.dispose()


def _make_directory(home: Path) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigError(f"cannot make {home}: {error.strerror}") from None


def _store(
    settings: Settings, admin: _Admin | None, bot: dict[str, Any] | None, result: InitResult
) -> None:
    if admin is None and bot is None:
        return
    database = Database(settings.database_url)
    try:
        with database.writing() as session:
            if bot:
                bot_identity.store(session, bot)
            if admin:
                account_users.create_user(
                    session,
                    admin.email,
                    admin.password_hash,
                    admin.name,
                    Role.ADMIN,
                    settings.default_language,
                )
    finally:
        database.dispose()
    if admin:
        result.admin = admin.email
        result.note("admin", f"made the first admin: {admin.email}")
