"""Cursors: walked to the end, and refused when changed or foreign."""

import pytest

from appliance.errors import Invalid
from appliance.routers.api.paging import page, read_cursor, write_cursor
from appliance.schemas import PageQuery

ROWS = list(range(1, 11))


def fetch(limit, after):
    return [row for row in ROWS if after is None or row > after][:limit]


@pytest.mark.parametrize("limit", [1, 3, 5, 9, 10, 11])
def test_every_row_once(app, limit):
    walked, cursor = [], None
    with app.app_context():
        while True:
            query = PageQuery(limit=limit, cursor=cursor)
            rows, cursor = page("numbers", query, fetch, lambda row: row)
            assert rows
            walked += rows
            if cursor is None:
                break
    assert walked == ROWS


@pytest.mark.parametrize("key", [5, -(2**63) + 1, "b12"])
def test_a_cursor_comes_back(app, key):
    with app.app_context():
        cursor = write_cursor("numbers", key)
        assert read_cursor("numbers", cursor) == key
        assert len(cursor) < 100


def test_a_changed_or_foreign_cursor_is_refused(app):
    with app.app_context():
        cursor = write_cursor("numbers", 5)
        for wrong in ("", "x", cursor[:-1], "A" + cursor, cursor.swapcase()):
            with pytest.raises(Invalid):
                read_cursor("numbers", wrong)
        with pytest.raises(Invalid):
            read_cursor("other", cursor)
