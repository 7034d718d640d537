"""The journal: what outlives the simulator, also one that was killed."""

import pytest

from appliance.errors import ConfigError, Unavailable
from appliance.sandbox.world.journal import Journal

KEYBOARD = {"inline_keyboard": [[{"text": "Yes", "callback_data": "yes"}]]}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "people.jsonl"


def test_everything_that_matters_survives(make_api, path):
    before = make_api(journal=path)
    anna, boris = before.person(first_name="Anna"), before.person(first_name="Борис")
    before.act(boris, "block")
    sent = before.call("sendMessage", chat_id=anna, text="a", reply_markup=KEYBOARD)
    gone = before.call("sendMessage", chat_id=anna, text="b")["message_id"]
    place = {"chat_id": anna, "message_id": sent["message_id"]}
    before.call("editMessageText", **place, text="c", reply_markup=KEYBOARD)
    before.call("deleteMessage", chat_id=anna, message_id=gone)
    before.act(anna, "press", message_id=sent["message_id"], data="yes")
    before.call("setMyCommands", commands=[{"command": "help", "description": "Help"}])
    pending = before.call("getUpdates")
    seen = [before.control("GET", path) for path in views(anna)]
    make_api.stop_all()

    for _ in range(2):  # the second replays what the first has compacted
        after = make_api(journal=path)
        assert [after.control("GET", path) for path in views(anna)] == seen
        assert after.call("getUpdates") == pending
        assert after.call("getMyCommands")
        assert after.refused("sendMessage", chat_id=boris, text="x").code == 403
        make_api.stop_all()

    after = make_api(journal=path)
    assert after.call("sendMessage", chat_id=anna, text="d")["message_id"] > gone
    after.act(anna, "send", text="e")
    assert after.updates()[-1]["update_id"] == pending[-1]["update_id"] + 1


def views(person: int) -> list[str]:
    return ["/people", f"/people/{person}/messages", "/record", "/callbacks"]


def test_a_torn_last_line_is_dropped(make_api, path):
    before = make_api(journal=path)
    person = before.person()
    before.call("sendMessage", chat_id=person, text="whole")
    make_api.stop_all()
    with path.open("ab") as file:
        file.write(b'{"kind":"message","chat_id"')
    after = make_api(journal=path)
    assert after.messages(person)[-1]["text"] == "whole"
    after.call("sendMessage", chat_id=person, text="next")
    make_api.stop_all()
    assert make_api(journal=path).messages(person)[-1]["text"] == "next"


def test_confirmed_updates_stay_confirmed(make_api, path):
    before = make_api(journal=path)
    person = before.person()
    before.act(person, "send", text="a")
    [old] = before.updates()
    make_api.stop_all()
    after = make_api(journal=path)
    assert after.call("getUpdates") == []
    after.act(person, "send", text="b")
    assert after.updates()[0]["update_id"] == old["update_id"] + 1


def test_old_states_are_compacted_away(make_api, path):
    before = make_api(journal=path)
    person = before.person()
    for _ in range(50):
        before.act(person, "block")
        before.act(person, "unblock")
    before.updates()
    make_api.stop_all()
    size = path.stat().st_size
    make_api(journal=path)
    assert path.stat().st_size < size / 10


@pytest.mark.parametrize("line", [b"rubbish", b"[]", b'{"kind":"unheard"}', b'{"kind":"edit"}'])
def test_a_damaged_line_in_the_middle_is_said(make_api, path, line):
    path.write_bytes(b'{"kind":"confirm","before":1}\n%s\n{"kind":"confirm","before":1}\n' % line)
    with pytest.raises(ConfigError, match="line 2"):
        make_api(journal=path)


def test_two_simulators_do_not_share_a_journal(make_api, path):
    make_api(journal=path)
    with pytest.raises(Unavailable, match="another simulator"):
        make_api(journal=path)


def test_a_path_that_cannot_be_used(tmp_path, make_api):
    with pytest.raises(ConfigError, match="cannot use the journal"):
        make_api(journal=tmp_path / "missing" / "people.jsonl")


def test_append_needs_an_open_journal(path):
    journal = Journal(path)
    journal.open()
    assert list(journal.events()) == []
    journal.append({"kind": "confirm", "before": 1})
    journal.close()
    journal.close()
    with pytest.raises(RuntimeError):
        journal.append({"kind": "confirm"})
    reopened = Journal(path)
    reopened.open()
    assert list(reopened.events()) == [{"kind": "confirm", "before": 1}]
    reopened.close()
