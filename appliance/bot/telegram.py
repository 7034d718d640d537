"""The Bot API as the bot calls it itself: updates, identity, webhook, commands. Messages are not
sent from here: they are rows of the outbox.

telebot builds the calls and reads the answers, through a sender of ours: parameters go in the body
(telebot puts them into the address, where logs keep them), nothing is sent twice, and no error
carries the token. telebot's settings are global, so a process talks to one Bot API server: that of
the last `make_bot`.
"""

import logging
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from telebot import TeleBot, apihelper
from telebot.types import (
    BotCommand,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    WebhookInfo,
)

from appliance.config import LOOPBACK
from appliance.errors import ApplianceError, BadToken, Unavailable
from appliance.languages import LANGUAGES
from appliance.services.chats import command_menu

log = logging.getLogger(__name__)

T = TypeVar("T")

Bot = TeleBot
"""For the layers above, which do not import the library."""

ALLOWED_UPDATES = (
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "callback_query",
    "my_chat_member",
)
"""Always sent: left out, Telegram keeps what some earlier program asked for."""

WEBHOOK_CONNECTIONS = 4
"""As many as the web part has threads. Telegram keeps the order of one chat over all of them."""

NOT_UPDATES = "the answer to getUpdates is not a list of updates: check BOT_API_URL"

CONNECT_SECONDS = 4
READ_SECONDS = 10
POLL_SLACK_SECONDS = 5
"""How late the answer to a long poll may be."""

# In an address whatever stands behind /bot; elsewhere what is too long for a host and a port.
_TOKEN = re.compile(r"(?<=/bot)\d+:[A-Za-z0-9_-]+|\b\d{3,20}:[A-Za-z0-9_-]{20,128}")


class DoubtedToken(BadToken):
    """404: a wrong token when every call gets it; once, a proxy or a server that is starting."""


class Refused(Unavailable):
    """The Bot API answered with an error other than a wrong token."""

    def __init__(self, code: int, description: str, retry_after: float = 0.0) -> None:
        super().__init__(f"Telegram refuses ({code}): {description}")
        self.code = code
        self.description = description
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Identity:
    """The bot, as getMe tells."""

    id: int
    username: str
    name: str

    def as_setting(self) -> dict[str, Any]:
        return {"id": self.id, "username": self.username, "name": self.name}


def make_bot(token: str, api_url: str) -> TeleBot:
    """A telebot for this Bot API server; nothing is asked yet, and no thread starts.

    `api_url` is the server's address without the token.
    """
    host = urlsplit(api_url).netloc.rpartition("@")[2]
    apihelper.API_URL = f"{api_url}/bot{{0}}/{{1}}"  # type: ignore[assignment]
    apihelper.FILE_URL = f"{api_url}/file/bot{{0}}/{{1}}"  # type: ignore[assignment]
    apihelper.CUSTOM_REQUEST_SENDER = Sender(host)  # type: ignore[assignment]
    apihelper.CONNECT_TIMEOUT = CONNECT_SECONDS
    apihelper.READ_TIMEOUT = READ_SECONDS
    apihelper.LONG_POLLING_TIMEOUT = 0  # telebot puts this for a timeout of 0; its 10 would block
    _hide_tokens_in("urllib3.connectionpool")  # at DEBUG it logs the address of each request
    return TeleBot(token, threaded=False)


class Sender:
    """Posts a call's parameters in the body. One connection a thread, kept open between calls."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._local = threading.local()

    def __call__(
        self,
        method: str,
        url: str,
        params: dict[str, Any] | None = None,
        files: dict[str, Any] | None = None,
        timeout: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
        proxies: dict[str, str] | None = None,
    ) -> Any:
        """Raises Unavailable when no answer came. The signature is telebot's."""
        # telebot passes on the time of a long poll for both; a stop cannot wait so long for a
        # connection.
        connect = min(timeout[0], CONNECT_SECONDS)
        try:
            return self._session().post(
                url,
                data=params,
                files=files,
                timeout=(connect, timeout[1]),
                proxies=proxies,
                allow_redirects=False,  # the address holds the token
            )
        except requests.RequestException as error:
            reason = _reason(error)
        # Outside `except`: the library's error holds the address, and so the token.
        raise Unavailable(
            f"cannot reach the Bot API at {self._host}: {reason}; check BOT_API_URL and the network"
        )

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            # A proxy of the environment leads out to Telegram, not back to this machine.
            session.trust_env = urlsplit(f"//{self._host}").hostname not in LOOPBACK
            self._local.session = session
        return session


def get_me(bot: TeleBot) -> Identity:
    """Raises BadToken, Unavailable."""
    me = _call(bot.get_me)
    return Identity(me.id, me.username or "", me.full_name)


def get_updates(bot: TeleBot, offset: int | None, timeout: int, limit: int = 100) -> list[Any]:
    """Raw updates as they came; waits up to `timeout` seconds for the first.

    Telegram forgets those below `offset`. Raises BadToken, Refused, Unavailable.
    """
    updates: object = _call(
        lambda: apihelper.get_updates(  # type: ignore[no-untyped-call]
            bot.token,
            offset=offset,
            limit=limit,
            timeout=timeout + POLL_SLACK_SECONDS,  # of reading; the poll's has the longer name
            allowed_updates=list(ALLOWED_UPDATES),
            long_polling_timeout=timeout,
        )
    )
    if not isinstance(updates, list):
        raise Unavailable(NOT_UPDATES)
    return updates


def drop_webhook(bot: TeleBot) -> bool:
    """Delete a webhook that would keep updates from a poller; what waits is kept. True: was set.

    Raises BadToken, Refused, Unavailable.
    """
    if not webhook_info(bot).url:
        return False
    _call(lambda: bot.delete_webhook(drop_pending_updates=False))
    return True


def set_webhook(bot: TeleBot, url: str, secret: str) -> None:
    """Let Telegram bring updates to `url`, with `secret` in a header; what waits comes too.

    Raises BadToken, Refused, Unavailable.
    """
    _call(
        lambda: bot.set_webhook(
            url,
            max_connections=WEBHOOK_CONNECTIONS,
            allowed_updates=list(ALLOWED_UPDATES),
            drop_pending_updates=False,
            secret_token=secret,
        )
    )


def webhook_info(bot: TeleBot) -> WebhookInfo:
    """The webhook that is set, and Telegram's last failure to call it. Raises as `set_webhook`."""
    return _call(bot.get_webhook_info)


def publish_commands(bot: TeleBot) -> bool:
    """Fill Telegram's menus of commands, of people, groups and their admins, in each language.

    Failure is logged.
    """
    scopes = (
        (BotCommandScopeAllPrivateChats(), command_menu.PEOPLE),  # type: ignore[no-untyped-call]
        (BotCommandScopeAllGroupChats(), command_menu.GROUPS),  # type: ignore[no-untyped-call]
        (BotCommandScopeAllChatAdministrators(), command_menu.GROUP_ADMINS),  # type: ignore[no-untyped-call]
    )
    try:
        for language, (scope, names) in product(LANGUAGES, scopes):
            texts = command_menu.descriptions(language, names)
            commands = [BotCommand(*pair) for pair in texts.items()]
            code = None if language == "en" else language  # English is for everybody else
            _call(partial(bot.set_my_commands, commands, scope, code))
    except ApplianceError as error:
        log.warning("the menu of commands could not be set: %s", error)
        return False
    return True


def redact(text: str) -> str:
    """The text without any bot token in it."""
    return _TOKEN.sub("<token>", text)


def _call(function: Callable[[], T]) -> T:
    """Turn telebot's errors into ours. Raises BadToken, Refused, Unavailable."""
    failure: Unavailable
    try:
        return function()
    except apihelper.ApiTelegramException as error:
        failure = _refusal(error.error_code, error.description, error.result_json)
    except apihelper.ApiException as error:
        status = getattr(error.result, "status_code", 0)
        failure = _refusal(status, "the answer is not from a Bot API server", {})
    raise failure


def _refusal(code: int, description: str, answer: dict[str, Any]) -> Unavailable:
    if code in {401, 404}:
        kind = BadToken if code == 401 else DoubtedToken
        return kind(
            f"Telegram does not know the bot token ({code} {redact(description)}): check BOT_TOKEN"
        )
    parameters = answer.get("parameters") or {}
    return Refused(code, redact(description), float(parameters.get("retry_after") or 0))


def _reason(error: Exception) -> str:
    """What went wrong, without the address, which requests puts into every message."""
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "the TLS certificate is not valid"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy does not answer"
    text = str(error)
    # requests and urllib3 wrap the system's error, and show which it was only in their words.
    for sign, reason in _REASONS:
        if sign in text:
            return reason
    return "the connection broke"


_REASONS = (
    ("Connection refused", "the connection was refused"),
    ("NameResolutionError", "the host name is not known"),
    ("Name or service not known", "the host name is not known"),
    ("unreachable", "the network is unreachable"),
)


def _hide_tokens_in(name: str) -> None:
    logger = logging.getLogger(name)
    if not any(isinstance(filter, _HideTokens) for filter in logger.filters):
        logger.addFilter(_HideTokens())


class _HideTokens(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        # Put together first: the address is an argument, and the token is in it.
        record.msg, record.args = redact(record.getMessage()), ()
        return True
