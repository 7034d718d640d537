"""Who somebody is in Telegram, by data that Telegram signed with the bot's token.

Two kinds arrive from a browser: the fields of the Login Widget, and `initData` of a Mini App. Both
are checked alike (core.telegram.org/widgets/login-legacy, core.telegram.org/bots/webapps): the
HMAC-SHA256 of the sorted `key=value` lines of all fields but `hash`, blank and unknown ones too;
only the key differs. None of the data is used before its signature was checked.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from appliance.config import is_real_token
from appliance.errors import Expired, Unauthorized, Unavailable, localized

# A used proof is remembered as long as it is good (docs/decisions.md, 26), so this also bounds the
# table `used_proofs`.
MAX_AGE = timedelta(minutes=15)
SKEW = timedelta(minutes=1)
"""How far ahead Telegram's clock may be."""

_MAX_FIELDS = 40  # Telegram sends a dozen; each one more costs work before the signature is known
_MAX_ID = 2**52  # Telegram promises at most 52 significant bits
_FORGED = localized("Telegram did not sign this for the bot of this site: log in again")
_STALE = localized("this login is too old: log in with Telegram again")
# [0-9] and not \d: `int` would also read the digits of other scripts.
_ID = re.compile(r"[1-9][0-9]{0,15}", re.ASCII)
_TIME = re.compile(r"[0-9]{1,12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Person:
    """A verified person in Telegram. `may_write`: the bot may write first, without /start."""

    id: int
    first_name: str
    last_name: str | None = None
    username: str | None = None
    language: str | None = None
    may_write: bool = False


@dataclass(frozen=True, slots=True)
class Proof:
    """A person, and the digest to store until `expires_at`, so that the data works once only."""

    person: Person
    digest: bytes
    expires_at: datetime


def check_widget(fields: Mapping[str, object], token: str | None, now: datetime) -> Proof:
    """Check the fields of the Login Widget; those that are None were not sent.

    Raises Unauthorized for forged data, Expired for old data, Unavailable without a bot.
    """
    sent = {name: str(value) for name, value in fields.items() if value is not None}
    key = hashlib.sha256(_secret(token)).digest()
    # The signature first: nothing that is said of the age can be believed before it.
    digest = _check_signature(sent, key)
    expires_at = _check_age(sent, now)
    return Proof(_person(sent), digest, expires_at)


def check_init_data(init_data: str, token: str | None, now: datetime) -> Proof:
    """Check `Telegram.WebApp.initData` of a Mini App. Raises as `check_widget` does."""
    fields = _read_query(init_data)
    key = hmac.digest(b"WebAppData", _secret(token), "sha256")
    digest = _check_signature(fields, key)
    expires_at = _check_age(fields, now)
    return Proof(_person(_read_user(fields.get("user", ""))), digest, expires_at)


def person_of(claims: Mapping[str, Any]) -> Person:
    """The person of an OpenID Connect ID token of Telegram, whose signature was checked.

    `id` is Telegram's id of the person; `sub` is another number. Raises Unauthorized.
    """
    first = claims.get("given_name") or claims.get("name")
    return _person(
        {
            "id": claims.get("id"),
            "first_name": first,
            "last_name": claims.get("family_name") if claims.get("given_name") else None,
            "username": claims.get("preferred_username"),
        }
    )


def _secret(token: str | None) -> bytes:
    """The simulator's token is known to everybody: a signature with it would prove nothing."""
    if not token or not is_real_token(token):
        raise Unavailable(
            localized("this site has no Telegram bot, so nobody can log in with Telegram")
        )
    return token.encode()


def _check_signature(fields: Mapping[str, str], key: bytes) -> bytes:
    """A digest of the signed data, whatever the order of its fields. Raises Unauthorized."""
    rest = sorted((name, value) for name, value in fields.items() if name != "hash")
    if any("\n" in name + value or "=" in name for name, value in rest):
        raise Unauthorized(_FORGED)  # the same lines could be those of other fields
    lines = (f"{name}={value}" for name, value in rest)
    signed = "\n".join(lines).encode("utf-8", "surrogatepass")
    expected = hmac.digest(key, signed, "sha256")
    signature = fields.get("hash", "").encode("utf-8", "surrogatepass")
    if not hmac.compare_digest(expected.hex().encode(), signature):
        raise Unauthorized(_FORGED)
    # A digest of the signature, so that a copy of the table lets nobody log in.
    return hashlib.sha256(expected).digest()


def _check_age(fields: Mapping[str, str], now: datetime) -> datetime:
    """When the data expires. Raises Unauthorized, and Expired where it has."""
    auth_date = fields.get("auth_date", "")
    if not _TIME.fullmatch(auth_date) or int(auth_date) > (now + SKEW).timestamp():
        raise Unauthorized(_FORGED)
    expires_at = datetime.fromtimestamp(int(auth_date), UTC) + MAX_AGE
    if expires_at <= now:
        raise Expired(_STALE)
    return expires_at


def _read_query(init_data: str) -> dict[str, str]:
    """The fields of a query string, with blank ones. Raises Unauthorized, also for a name twice."""
    try:
        pairs = parse_qsl(
            init_data,
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MAX_FIELDS,
        )
    except ValueError:
        raise Unauthorized(_FORGED) from None
    # Of a name that stands there twice nobody can say which one was signed.
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Unauthorized(_FORGED)
    return fields


def _read_user(document: str) -> Mapping[str, Any]:
    try:
        user = json.loads(document)
    except ValueError:
        user = None
    if not isinstance(user, dict) or user.get("is_bot") is True:
        raise Unauthorized(_FORGED)
    return user


def _person(fields: Mapping[str, Any]) -> Person:
    """Raises Unauthorized without a valid id."""
    number = str(fields.get("id", ""))
    if not _ID.fullmatch(number) or int(number) > _MAX_ID:
        raise Unauthorized(_FORGED)
    return Person(
        id=int(number),
        first_name=_name(fields.get("first_name"), 255) or number,
        last_name=_name(fields.get("last_name"), 255),
        username=_name(fields.get("username"), 64),
        language=_name(fields.get("language_code"), 8),
        may_write=fields.get("allows_write_to_pm") is True,
    )


def _name(value: object, length: int) -> str | None:
    """A name without what no database takes: NUL and halves of surrogate pairs."""
    if not isinstance(value, str):
        return None
    return value.replace("\0", "").encode("utf-8", "replace").decode()[:length] or None
