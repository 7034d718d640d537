"""Tracked links: addresses in a broadcast that lead through the site, so that clicks are counted.

`SITE/r/<token>` names a stored link and a chat and is signed, so it leads only to addresses of the
broadcast, and nobody can click for somebody else. A message is rewritten once, with a mark in place
of each token; the marks are replaced by tokens for each recipient (4 µs a link).
"""

import hmac
import re
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from appliance.config import Settings
from appliance.crud.broadcasts import click_tracking
from appliance.errors import Fault, Invalid, localized
from appliance.models import Broadcast
from appliance.services.content import NOBODY, Template
from appliance.telegram import html as telegram_html
from appliance.telegram.urls import LinkError, checked_link

MAX_ADDRESS_BYTES = 2048
"""Longer ones are not tracked: PostgreSQL indexes up to 2704 bytes."""

_SIGNATURE = 16  # bytes of the HMAC: a guess is right once in 2**128
_TOKEN = re.compile(r"[A-Za-z0-9_-]{40}", re.ASCII)  # 30 bytes fill 40 letters without a spare bit
_MARK = uuid.uuid4().hex  # random, so that no text can contain it and become a token
_MARKED = re.compile(_MARK + "([0-9a-f]{12})")
_MARKED_BYTES = re.compile(_MARKED.pattern.encode())
_LINK_TAG = re.compile(r"""<a(?=\s)(?:[^<>"']|"[^"]*"|'[^']*')*>""", re.IGNORECASE)
_PREVIEWER = re.compile(  # not Cubot, which makes phones
    r"(?<!cu)bot\b|spider|crawl|preview|externalhit|vkshare|whatsapp|embedly", re.IGNORECASE
)


class Opened(NamedTuple):
    """A token that was read: which link, and which chat it was sent to."""

    link_id: int
    chat_id: int


class Signer:
    """Makes tokens and reads them, with a key that is derived from the site's secret."""

    def __init__(self, secret: str) -> None:
        # A key of its own: what is signed here must be good for nothing else of the site.
        self._key = hmac.digest(secret.encode(), b"tracked links", "sha256")

    def sign(self, link_id: int, chat_id: int) -> str:
        # 6 + 8 + 16 bytes are 40 letters without padding. Ids of groups are below zero: signed.
        payload = link_id.to_bytes(6, "big") + chat_id.to_bytes(8, "big", signed=True)
        return urlsafe_b64encode(payload + self._signature(payload)).decode()

    def read(self, token: str) -> Opened | None:
        """None for anything that was not made by `sign` with the same secret."""
        if not _TOKEN.fullmatch(token):
            return None
        raw = urlsafe_b64decode(token)
        payload, signature = raw[:14], raw[14:]
        if not hmac.compare_digest(signature, self._signature(payload)):
            return None
        # Read only now: numbers of a forged token reach no query.
        link_id = int.from_bytes(payload[:6], "big")
        return Opened(link_id, int.from_bytes(payload[6:], "big", signed=True))

    def _signature(self, payload: bytes) -> bytes:
        return hmac.digest(self._key, payload, "sha256")[:_SIGNATURE]


@dataclass(slots=True)
class Message:
    """The content of a broadcast, with marks in place of tracked addresses."""

    id: int
    text: str
    format: str
    options: dict[str, Any]
    variants: dict[str, str]
    media: list[Any]


class Tracker:
    """Leads one broadcast's addresses through the site."""

    def __init__(self, site_url: str, secret: str, ids: Mapping[str, int]) -> None:
        """`ids` are the stored links by their address."""
        self._prefix = f"{site_url}/r/"
        self._signer = Signer(secret)
        self._ids = ids

    def message(self, broadcast: Broadcast) -> Message:
        """To be composed in place of the broadcast; the calls then go through `fill`."""
        html = broadcast.format == "html"
        variants = dict(broadcast.variants or {})
        return Message(
            id=broadcast.id,
            text=self.rewrite(broadcast.text) if html else broadcast.text,
            format=broadcast.format,
            options=self._options(broadcast.options),
            variants={k: self.rewrite(v) for k, v in variants.items()} if html else variants,
            media=list(broadcast.media or []),
        )

    def rewrite(self, html: str) -> str:
        """The text with marked links; unchanged where it would read differently with them."""
        marked = _LINK_TAG.sub(self._tag, html)
        # Compared by our own parser: where it takes the marked text for another one, clicks are not
        # counted rather than a message changed.
        return marked if marked == html or _reads_the_same(html, marked) else html

    def fill(self, body: bytes, chat_id: int) -> bytes:
        """The JSON of a call with this chat's tokens in place of the marks."""
        return _MARKED_BYTES.sub(lambda m: self._token(m[1], chat_id).encode(), body)

    def fill_fields(self, fields: Mapping[str, str], chat_id: int) -> dict[str, str]:
        """The same for the fields of an upload."""
        return {
            name: _MARKED.sub(lambda m: self._token(m[1], chat_id), value)
            for name, value in fields.items()
        }

    def _token(self, number: str | bytes, chat_id: int) -> str:
        return self._signer.sign(int(number, 16), chat_id)

    def _tag(self, match: re.Match[str]) -> str:
        marked = self._marked(_address_in(match[0]))
        return f'<a href="{marked}">' if marked else match[0]

    def _options(self, options: Mapping[str, Any]) -> dict[str, Any]:
        rows = options.get("buttons")
        if not rows:
            return dict(options)
        return {**options, "buttons": [[self._button(button) for button in row] for row in rows]}

    def _button(self, button: Mapping[str, Any]) -> dict[str, Any]:
        marked = self._marked(_trackable(button.get("url")))
        return {**button, "url": marked} if marked else dict(button)

    def _marked(self, url: str | None) -> str | None:
        number = self._ids.get(url) if url else None
        return f"{self._prefix}{_MARK}{number:012x}" if number is not None else None


def tracker_for(
    session: Session, site_url: str, secret: str, broadcast: Broadcast
) -> Tracker | None:
    """The tracker of a broadcast with `options.track`, else None.

    Stores the addresses it did not have yet, so inside a writing transaction.
    """
    if not broadcast.options.get("track"):
        return None
    ids = click_tracking.remember(session, broadcast.id, addresses(broadcast))
    return Tracker(site_url, secret, ids)


def addresses(broadcast: Broadcast) -> list[str]:
    """Every address that can be tracked, once, in the order of the message.

    Those of `<a href>` and of buttons, if they are http(s) and have no placeholder.
    """
    return list(dict.fromkeys(url for url in _all_addresses(broadcast) if url))


def lint(settings: Settings, options: Mapping[str, Any]) -> tuple[Fault, ...]:
    """A fault where clicks cannot be counted, because people's phones cannot reach the site."""
    if not options.get("track") or settings.domain or settings.sandbox:
        return ()
    message = localized(
        "clicks can be counted only when the site can be reached from outside:"
        " set DOMAIN, or turn click tracking off"
    )
    return (Fault("options.track", message),)


def check(settings: Settings, options: Mapping[str, Any]) -> None:
    """Raises Invalid when clicks cannot be counted here."""
    Invalid.raise_for(lint(settings, options))


def is_previewer(user_agent: str) -> bool:
    """Whether it is a program that draws previews, such as `TelegramBot (like TwitterBot)`."""
    return bool(_PREVIEWER.search(user_agent))


def _all_addresses(broadcast: Broadcast) -> Iterator[str | None]:
    if broadcast.format == "html":
        for text in (broadcast.text, *(broadcast.variants or {}).values()):
            yield from (_address_in(tag[0]) for tag in _LINK_TAG.finditer(text))
    for row in broadcast.options.get("buttons") or []:
        yield from (_trackable(button.get("url")) for button in row)


def _address_in(tag: str) -> str | None:
    """The address of a start tag `<a …>`, as Telegram reads it."""
    # An address with a placeholder is another one for each person: no row can stand for all.
    template = Template(tag, "html")
    if template.personal or template.problems:
        return None
    try:
        _, entities = telegram_html.parse(f"{template.fill(NOBODY)}x</a>")
    except telegram_html.EntityError:
        return None
    return _trackable(entities[0].url) if entities else None


def _trackable(url: str | None) -> str | None:
    try:
        checked = checked_link(url) if url else ""
    except LinkError:
        return None
    fits = len(checked.encode()) <= MAX_ADDRESS_BYTES
    return checked if fits and checked.startswith(("https://", "http://")) else None


def _reads_the_same(html: str, marked: str) -> bool:
    try:
        return telegram_html.parse(html)[0] == telegram_html.parse(marked)[0]
    except telegram_html.EntityError:
        return False
