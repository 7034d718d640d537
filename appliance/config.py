"""Settings, read once and loudly from HOME/.env and the environment.

The only module that reads `os.environ`. A variable of the environment wins over `.env`;
a secret may also come from a file named by `NAME_FILE` (systemd credentials).
"""

import os
import re
import secrets
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal, TypeVar, get_args
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from appliance import env_file
from appliance.errors import ConfigError
from appliance.languages import ENGLISH, LANGUAGES

BotMode = Literal["polling", "webhook", "sandbox", "off"]
LogFormat = Literal["text", "json"]
T = TypeVar("T", bound=str)
N = TypeVar("N", int, float)

TELEGRAM_API = "https://api.telegram.org"
TELEGRAM_ISSUER = "https://oauth.telegram.org"
SANDBOX_TOKEN = "100001:SANDBOX-works-only-with-the-simulator"  # noqa: S105 - opens nothing real
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
FREE_RATE = 30.0
"""Messages a second that Telegram lets a bot send for nothing."""

SECRETS = ("BOT_TOKEN", "SECRET_KEY", "DATABASE_URL", "OIDC_CLIENT_SECRET")
NAMES = (
    *SECRETS,
    "DOMAIN",
    "BOT_API_URL",
    "BOT_MODE",
    "RETENTION",
    "SEND_RATE",
    "PAID_BROADCAST",
    "HOST",
    "PORT",
    "TRUSTED_PROXY",
    "LOG_FORMAT",
    "LOG_LEVEL",
    "TIMEZONE",
    "DEFAULT_LANGUAGE",
    "CORS_ORIGINS",
    "OIDC_CLIENT_ID",
    "OIDC_ISSUER",
)
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_TOKEN = re.compile(r"\d{1,20}:[A-Za-z0-9_-]{3,128}")
_ORIGIN = re.compile(
    r"(http://(?!.*:80$)|https://(?!.*:443$))([a-z0-9]([a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:\d{1,5})?"
)
_OF_PATHS = "/ !\"#$&'()*+,:;<=>@[]^`{|}~"  # stay readable in an address


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the program can be told. Secrets are left out of `repr`."""

    home: Path
    secret_key: str = field(repr=False)
    database_url: str = field(repr=False)
    bot_token: str | None = field(default=None, repr=False)
    domain: str | None = None
    bot_api_url: str | None = None
    """Base address of the Bot API server, without the token; None: Telegram, or the simulator
    that `serve` starts itself in sandbox mode."""
    bot_mode: BotMode = "polling"
    send_rate: float = FREE_RATE
    """Messages a second over the whole bot, as asked for; see `rate`."""
    paid_broadcast: bool = False
    """Whether Telegram Stars may be spent on sending faster than FREE_RATE."""
    host: str = "127.0.0.1"
    port: int = 8080
    trusted_proxy: str | None = None
    log_format: LogFormat = "text"
    log_level: str = "INFO"
    timezone: str = "UTC"
    default_language: str = ENGLISH
    retention: timedelta | None = timedelta(days=400)
    """How long ledger lines, history, updates and messages are kept; None: for ever."""
    cors_origins: tuple[str, ...] = ()
    oidc_client_id: str | None = None
    """With its secret: "Log in with Telegram" is offered."""
    oidc_client_secret: str | None = field(default=None, repr=False)
    oidc_issuer: str = TELEGRAM_ISSUER

    @classmethod
    def load(
        cls, home: Path, environ: Mapping[str, str] | None = None, *, sandbox: bool = False
    ) -> "Settings":
        """Read HOME/.env under the environment; `sandbox` overrules BOT_MODE.

        Raises ConfigError: it names the variable, its value unless that is secret, and what is
        expected.
        """
        values = read_values(home, environ)
        return _build(home, values | {"BOT_MODE": "sandbox"} if sandbox else values)

    @property
    def sandbox(self) -> bool:
        return self.bot_mode == "sandbox"

    @property
    def paid(self) -> bool:
        """Whether messages carry `allow_paid_broadcast`: only when both variables ask for it."""
        return self.paid_broadcast and self.send_rate > FREE_RATE

    @property
    def rate(self) -> float:
        """Messages a second that are really sent: more than FREE_RATE only if paid for.

        The simulator takes what it is given.
        """
        free = self.paid or self.sandbox
        return self.send_rate if free else min(self.send_rate, FREE_RATE)

    @property
    def bot_enabled(self) -> bool:
        return self.bot_mode != "off" and bool(self.bot_token)

    @property
    def api_url(self) -> str:
        return self.bot_api_url or TELEGRAM_API

    @property
    def site_url(self) -> str:
        """Public address of the site, without a slash at the end."""
        return (
            f"https://{self.domain}" if self.domain else f"http://{_bracket(self.host)}:{self.port}"
        )

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def env_file(self) -> Path:
        return self.home / ".env"


def home_from_environment(environ: Mapping[str, str] | None = None) -> Path:
    """APPLIANCE_HOME, or the working directory."""
    environ = os.environ if environ is None else environ
    return Path(environ.get("APPLIANCE_HOME") or ".").expanduser().absolute()


def read_values(home: Path, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The raw values by name: `.env`, then the environment, then `NAME_FILE` for secrets."""
    environ = os.environ if environ is None else environ
    values = {**env_file.read(home / ".env"), **environ}
    settings = {name: values[name] for name in NAMES if values.get(name, "") != ""}
    for name in SECRETS:
        path = values.get(f"{name}_FILE")
        if path and name not in settings:
            settings[name] = _read_secret_file(f"{name}_FILE", Path(path))
    return settings


def said_in_environment(name: str, environ: Mapping[str, str] | None = None) -> str | None:
    """What the variable itself says: not `.env`, nor a file that `NAME_FILE` names."""
    return (os.environ if environ is None else environ).get(name) or None


def set_home_directory(path: str) -> None:
    """For libraries that look there, once the process has become somebody else."""
    os.environ["HOME"] = path


def notify_socket(environ: Mapping[str, str] | None = None) -> str | None:
    """Where systemd wants to hear from a service of `Type=notify`."""
    return said_in_environment("NOTIFY_SOCKET", environ)


def sqlite_url(path: Path) -> str:
    """The address of a SQLite file: `?` and `%` in its path are no parameters and no codes."""
    return f"sqlite:///{quote(str(path), safe=_OF_PATHS)}"


def new_secret_key() -> str:
    return secrets.token_urlsafe(48)


def is_real_token(token: str) -> bool:
    """Whether a token may belong to a real bot, so that the simulator must not stand beside it."""
    return "SANDBOX" not in token


def _bracket(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _read_secret_file(name: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise ConfigError(f"{name}: cannot read {path}: {reason}") from None


def _build(home: Path, values: Mapping[str, str]) -> Settings:
    mode = _mode(values)
    token = _token(values.get("BOT_TOKEN"), mode)
    return Settings(
        home=home,
        secret_key=_secret_key(home, values),
        database_url=values.get("DATABASE_URL") or sqlite_url(home / "data" / "database.db"),
        bot_token=token,
        domain=_domain(values.get("DOMAIN")),
        bot_api_url=_api_url(values.get("BOT_API_URL"), mode),
        bot_mode=mode,
        send_rate=_number(values, "SEND_RATE", float, 30.0, 0.01, 1000.0),
        paid_broadcast=_choice(values, "PAID_BROADCAST", ("on", "off"), "off") == "on",
        host=values.get("HOST", "127.0.0.1"),
        port=_number(values, "PORT", int, 8080, 1, 65535),
        trusted_proxy=values.get("TRUSTED_PROXY"),
        log_format=_choice(values, "LOG_FORMAT", get_args(LogFormat), "text"),
        log_level=_choice(values, "LOG_LEVEL", _LOG_LEVELS, "INFO"),
        timezone=_timezone(values.get("TIMEZONE", "UTC")),
        default_language=_choice(values, "DEFAULT_LANGUAGE", LANGUAGES, ENGLISH),
        retention=parse_retention(values.get("RETENTION", "400d"), "RETENTION"),
        cors_origins=_origins(values.get("CORS_ORIGINS", "")),
        **_oidc(values),
    )


def _secret_key(home: Path, values: Mapping[str, str]) -> str:
    key = values.get("SECRET_KEY")
    if not key:
        raise ConfigError(
            f"SECRET_KEY is not set and {home / '.env'} has none:"
            f" run `appliance --home {shlex.quote(str(home))} init`"
        )
    if len(key) < 32:
        raise ConfigError("SECRET_KEY is too short: expected at least 32 characters")
    return key


def _token(token: str | None, mode: str) -> str | None:
    if mode == "sandbox":
        if token and is_real_token(token):
            raise ConfigError(
                "BOT_MODE is sandbox and BOT_TOKEN is a real token: the simulator refuses to run"
                " beside it; remove BOT_TOKEN or choose BOT_MODE=polling"
            )
        return token or SANDBOX_TOKEN
    if token and not _TOKEN.fullmatch(token):
        raise ConfigError("BOT_TOKEN does not look like a bot token: expected DIGITS:LETTERS")
    return token


def _api_url(url: str | None, mode: str) -> str | None:
    if url is None:
        return None
    host = _host_of(url)
    if host is None:
        raise ConfigError(
            f"BOT_API_URL is {url!r}: expected http://HOST[:PORT] or https://HOST[:PORT]"
        )
    if mode == "sandbox" and host not in LOOPBACK:
        raise ConfigError(f"BOT_API_URL is {url!r}: expected a loopback address in sandbox mode")
    return url.rstrip("/")


def _host_of(url: str) -> str | None:
    """The host of a web address; None where it is none."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises ValueError unless it is a port
    except ValueError:
        return None
    return parts.hostname if parts.scheme in {"http", "https"} else None


def _origins(listed: str) -> tuple[str, ...]:
    """Each as a browser writes it, else it would never match.

    `null` is what any page in a sandboxed frame is, so it would be everybody with cookies.
    """
    origins = tuple(origin.strip().lower() for origin in listed.split(",") if origin.strip())
    for origin in origins:
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise ConfigError(
                f"CORS_ORIGINS has {origin!r}: expected https://HOST[:PORT] or http://HOST[:PORT],"
                " without a slash at the end and without the usual port, or * for any"
            )
    return origins


def _domain(domain: str | None) -> str | None:
    if domain and not re.fullmatch(
        r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(:\d{1,5})?", domain
    ):
        raise ConfigError(
            f"DOMAIN is {domain!r}: expected a host name, without https:// and slashes"
        )
    return domain.lower() if domain else None


def _mode(values: Mapping[str, str]) -> BotMode:
    """Telegram itself calls only sites that have a name; a Bot API server of one's own, any."""
    mode: BotMode = _choice(values, "BOT_MODE", get_args(BotMode), "polling")
    if mode == "webhook" and not values.get("DOMAIN") and not values.get("BOT_API_URL"):
        raise ConfigError(
            "BOT_MODE is webhook and DOMAIN is not set: Telegram calls https://DOMAIN;"
            " set DOMAIN or choose BOT_MODE=polling"
        )
    return mode


def _oidc(values: Mapping[str, str]) -> dict[str, str]:
    """The settings of "Log in with Telegram": none of them, or a client with its secret."""
    issuer = values.get("OIDC_ISSUER", TELEGRAM_ISSUER).rstrip("/")
    host = _host_of(issuer)
    if host is None or (issuer.startswith("http:") and host not in LOOPBACK):
        raise ConfigError(f"OIDC_ISSUER is {issuer!r}: expected https://HOST (http:// on loopback)")
    names = ("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")
    missing = [name for name in names if name not in values]
    if len(missing) == 1:
        raise ConfigError(f"{missing[0]} is not set: both of {' and '.join(names)} are needed")
    return {name.lower(): values[name] for name in names if name in values} | {
        "oidc_issuer": issuer
    }


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(f"TIMEZONE is {name!r}: expected a name like Europe/Berlin") from None
    return name


def _choice(values: Mapping[str, str], name: str, allowed: tuple[T, ...], default: T) -> T:
    value = values.get(name, default)
    for choice in allowed:
        if value.lower() == choice.lower():
            return choice
    raise ConfigError(f"{name} is {value!r}: expected one of {', '.join(allowed)}")


def parse_retention(value: str, name: str) -> timedelta | None:
    """`400d`, or `off` for ever. Raises ConfigError, which names `name`."""
    if value == "off":
        return None
    days = value.removesuffix("d")
    # A week at least: what runs, and what Telegram may repeat, is never that old.
    if days == value or not (days.isascii() and days.isdecimal()) or not 7 <= int(days) <= 36_500:
        raise ConfigError(f"{name} is {value!r}: expected days like 400d, from 7d, or off")
    return timedelta(days=int(days))


def _number(
    values: Mapping[str, str], name: str, kind: Callable[[str], N], default: N, low: N, high: N
) -> N:
    value = values.get(name)
    if value is None:
        return default
    try:
        number = kind(value)
    except ValueError:
        number = None
    if number is None or not low <= number <= high:
        raise ConfigError(f"{name} is {value!r}: expected a number from {low} to {high}")
    return number
