"""Keyset pages: a cursor is the sort key of a page's last item, signed.

The signature is made for one list: a cursor that was changed, or that belongs to another list, is
refused instead of leading to a page that nobody asked for.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from itsdangerous import BadSignature, URLSafeSerializer

from appliance.errors import Invalid, localized
from appliance.routers.api import context
from appliance.schemas import PageQuery

Row = TypeVar("Row")
Key = int | str


def page(
    name: str,
    query: PageQuery,
    fetch: Callable[[int, Any], Sequence[Row]],
    key: Callable[[Row], Key],
) -> tuple[Sequence[Row], str | None]:
    """The rows of one page and the cursor of the next.

    `fetch(limit, after)` reads rows past the key `after` (None: from the start). It is asked for
    one row more than the page has: where that row is missing, the page is the last.
    """
    rows = fetch(query.limit + 1, read_cursor(name, query.cursor))
    if len(rows) <= query.limit:
        return rows, None
    rows = rows[: query.limit]
    return rows, write_cursor(name, key(rows[-1]))


def write_cursor(name: str, key: Key) -> str:
    return str(_serializer(name).dumps(key))


def read_cursor(name: str, cursor: str | None) -> Key | None:
    """The key it was made from. Raises Invalid for a cursor that is not of this list."""
    if cursor is None:
        return None
    try:
        key: Key = _serializer(name).loads(cursor)
    except BadSignature:
        message = localized("this cursor is not from this list: start without one")
        raise Invalid.at("cursor", message) from None
    return key


def _serializer(name: str) -> URLSafeSerializer:
    return URLSafeSerializer(context.settings().secret_key, salt=f"cursor:{name}")
