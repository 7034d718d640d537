"""Which links Telegram accepts, and in which form (TDLib's `LinkManager::check_link`)."""

import re

_HTTP = re.compile(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://)?"
    r"(?:(?P<user>[^/?#]*)@)?"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^/?#:]*)"
    r"(?::(?P<port>\d{0,5}))?"
    r"(?P<rest>[/?#].*)?",
    re.DOTALL,
)
_INSIDE = re.compile(
    r"(?P<scheme>tg|ton|tonsite):(?://)?(?P<host>[A-Za-z0-9_-]+)(?P<rest>.*)", re.I
)
_USER = re.compile(r"tg:(?://)?user\?(?:.*&)?id=(\d{1,19})(?:&.*)?", re.I)
_BAD_HOST = re.compile(r"[\x00-\x20\x7f<>\"'\\^`{|}]")


class LinkError(ValueError):
    """The link is refused; the message is Telegram's."""


def checked_link(url: str) -> str:
    """The link as Telegram keeps it. Raises LinkError."""
    url = url.strip()
    inside = _INSIDE.fullmatch(url)
    if inside:
        return f"{inside['scheme'].lower()}://{inside['host']}{inside['rest'].removeprefix('/')}"
    parts = _HTTP.fullmatch(url)
    if not parts or not parts["host"]:
        raise LinkError("Wrong HTTP URL")
    scheme = (parts["scheme"] or "http").lower()
    if scheme not in {"http", "https"}:
        raise LinkError("Unsupported URL protocol")
    host = parts["host"].lower()
    # A host without a dot is refused by Telegram, so `localhost` cannot stand in a message.
    if ("." not in host and not host.startswith("[")) or _BAD_HOST.search(host):
        raise LinkError("Wrong HTTP URL")
    user = f"{parts['user']}@" if parts["user"] else ""
    port = f":{int(parts['port'])}" if parts["port"] else ""
    return f"{scheme}://{user}{host}{port}{_path(parts['rest'] or '/')}"


def mentioned_user(url: str) -> int | None:
    """The id in a `tg://user?id=…` link, which mentions a person instead of leading anywhere."""
    match = _USER.fullmatch(url.strip())
    user_id = int(match[1]) if match else 0
    return user_id if 0 < user_id < 2**52 else None


def _path(rest: str) -> str:
    rest = rest if rest.startswith("/") else f"/{rest}"
    return re.sub(r"[\x00-\x20]", lambda m: f"%{ord(m[0]):02X}", rest)
