"""What people write is kept once, however often it is told. Albums and edits: tests/bot too."""

from datetime import UTC, datetime, timedelta

import pytest

from appliance.crud.messages import messages, threads
from appliance.services.inbox import incoming

NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
FILE = {"file_id": "F", "file_unique_id": "u"}


@pytest.fixture(autouse=True)
def anna(know):
    know(1)


def test_a_part_told_twice_is_kept_once(database, got):
    part = got(document=FILE, media_group_id="7", caption="a")
    with database.writing() as session:
        first = incoming.take(session, 1, part, NOW)
        again = incoming.take(session, 1, part, NOW)
        assert (first.new, again.new, again.changed) == (True, False, False)
        assert len(first.message.files) == 1
        assert threads.get(session, 1).unread == 1


def test_a_file_can_be_replaced(database, got):
    with database.writing() as session:
        row = incoming.take(session, 1, got(document=FILE, message_id=9), NOW).message
        other = got(document={**FILE, "file_id": "G"}, message_id=9)
        kept = incoming.edit(session, 1, other, NOW + timedelta(minutes=1))
        assert (kept.new, kept.changed, kept.message.id) == (False, True, row.id)
        assert [item["file_id"] for item in row.files] == ["G"]
        assert row.edits == []


def test_only_the_last_edits_are_kept(database, got):
    with database.writing() as session:
        row = incoming.take(session, 1, got(text="0", message_id=9), NOW).message
        for number in range(1, 61):
            incoming.edit(session, 1, got(text=str(number), message_id=9), NOW)
        assert [item["text"] for item in row.edits] == [str(n) for n in range(10, 60)]


def test_an_edit_never_touches_what_the_bot_said(database, got):
    with database.writing() as session:
        answer = messages.queue(session, 1, "sendMessage", {}, text="ours")
        answer.message_id = 9
        kept = incoming.edit(session, 1, got(text="theirs", message_id=9), NOW)
        assert kept.new
        assert answer.text == "ours"
