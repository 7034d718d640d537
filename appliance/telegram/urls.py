"""Which links Telegram accepts, and in which form (TDLib's `LinkManager::check_link`)."""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address

from appliance.errors import localized

_INSIDE = re.compile(r"(?P<scheme>tg|ton|tonsite):(?://)?", re.I)
_SCHEME = re.compile(r"(?P<scheme>[^:/?#@\[\]]*)://")
_USER = re.compile(r"tg:(?://)?user\?(?:.*&)?id=(\d{1,19})(?:&.*)?", re.I)
_PORT = re.compile(r"0*(?P<port>[1-9]\d{0,9})", re.ASCII)
_MAX_PORT = 65535
_ALLOWED = r"[A-Za-z0-9.\-_!$,~*'();&+=\x80-\U0010ffff]"
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HOST = re.compile(rf"(?:{_ALLOWED}|%[0-9A-Fa-f]{{2}})*")
_USERINFO = re.compile(rf"(?:{_ALLOWED}|:|%[0-9A-Fa-f]{{2}})*")
_INSIDE_HOST = {
    "tg": re.compile(r"[A-Za-z0-9_-]*"),
    "ton": re.compile(r"[A-Za-z0-9_-]*"),
    "tonsite": re.compile(r"[A-Za-z0-9_.-]*"),
}


class LinkError(ValueError):
    """The link is refused; the message is Telegram's."""


@dataclass(frozen=True, slots=True)
class _Address:
    scheme: str
    user: str
    host: str
    port: int
    """0 where none is named."""
    rest: str
    """Path, query and fragment, with a slash before them."""


def checked_link(url: str) -> str:
    """The link as Telegram keeps it. Raises LinkError."""
    inside = _INSIDE.match(url)
    if inside:
        return _inside_link(inside["scheme"].lower(), url[inside.end() :])
    address = _read(url)
    # A host without a dot is refused by Telegram, so `localhost` cannot stand in a message.
    if "." not in address.host and not address.host.startswith("["):
        raise LinkError(localized("Wrong HTTP URL"))
    user = f"{address.user}@" if address.user else ""
    port = f":{address.port}" if address.port else ""
    return f"{address.scheme}://{user}{address.host}{port}{address.rest}"


def mentioned_user(url: str) -> int | None:
    """The id in a `tg://user?id=…` link, which mentions a person instead of leading anywhere."""
    match = _USER.fullmatch(url)
    user_id = int(match[1]) if match else 0
    return user_id if 0 < user_id < 2**52 else None


def _inside_link(scheme: str, rest: str) -> str:
    """A link that opens something in the app itself."""
    address = _read(rest)
    plain = address.scheme == "http" and not rest.lower().startswith("http://")
    if not plain or address.user or address.port or address.host.startswith("["):
        raise LinkError(localized("Wrong {scheme} URL", scheme="tg" if scheme == "tg" else "ton"))
    if not _INSIDE_HOST[scheme].fullmatch(address.host):
        raise LinkError(localized("Unallowed characters in URL host"))
    query = address.rest[1:] if address.rest.startswith("/?") else address.rest
    return f"{scheme}://{address.host}{query}"


def _read(url: str) -> _Address:
    found = _SCHEME.match(url)
    scheme = found["scheme"].lower() if found else "http"
    if scheme not in {"http", "https"}:
        raise LinkError(localized("Unsupported URL protocol"))
    rest = url[found.end() :] if found else url
    place = re.match(r"[^/?#]*", rest)
    authority = place[0] if place else ""
    before, port = _split_port(authority)
    user, at, host = before.rpartition("@")
    _check_host(host)
    if not _USERINFO.fullmatch(user):
        raise _disallowed(user, "userinfo")
    return _Address(scheme, user if at else "", host.lower(), port, _path(rest[len(authority) :]))


def _split_port(authority: str) -> tuple[str, int]:
    """The port stands after the last colon, if no bracket and no @ comes after that."""
    colon = max(authority.rfind(mark) for mark in ":]@")
    if colon <= 0 or authority[colon] != ":":
        return authority, 0
    port = _PORT.fullmatch(authority[colon + 1 :])
    if not port or int(port["port"]) > _MAX_PORT:
        raise LinkError(localized("Wrong port number specified in the URL"))
    return authority[:colon], int(port["port"])


def _check_host(host: str) -> None:
    if host.startswith("[") and host.endswith("]"):
        try:
            IPv6Address(host[1:-1])
        except ValueError:
            raise LinkError(localized("Wrong IPv6 address specified in the URL")) from None
    elif not host:
        raise LinkError(localized("URL host is empty"))
    elif host == ".":
        raise LinkError(localized("Host is invalid"))
    elif not _HOST.fullmatch(host):
        raise _disallowed(host, "host")


def _disallowed(part: str, name: str) -> LinkError:
    if _BAD_PERCENT.search(part):
        return LinkError(localized("Wrong percent-encoded symbol in URL {part}", part=name))
    return LinkError(localized("Disallowed character in URL {part}", part=name))


def _path(rest: str) -> str:
    rest = rest.rstrip(" \t\r\n\0\v") or "/"
    rest = rest if rest.startswith("/") else f"/{rest}"
    return re.sub(r"[\x00-\x20]", lambda m: f"%{ord(m[0]):02X}", rest)
