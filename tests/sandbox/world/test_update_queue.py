"""getUpdates: what it returns, what confirms, who is thrown out."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from appliance.sandbox.world.update_queue import Updates

CONFLICT = (
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is"
    " running"
)


def texts(updates: list[dict[str, Any]]) -> list[str]:
    return [update["message"]["text"] for update in updates]


def say(api: Any, *words: str) -> None:
    person = api.person()
    for word in words:
        api.act(person, "send", text=word)


def test_an_offset_confirms_what_is_before_it(api):
    say(api, "a", "b", "c")
    updates = api.call("getUpdates")
    assert texts(updates) == ["a", "b", "c"]
    assert texts(api.call("getUpdates", offset=updates[1]["update_id"])) == ["b", "c"]
    assert texts(api.call("getUpdates")) == ["b", "c"]
    assert api.call("getUpdates", offset=updates[2]["update_id"] + 1) == []
    assert api.call("getUpdates") == []


def test_ids_go_up_by_one(api):
    say(api, "a", "b", "c")
    ids = [update["update_id"] for update in api.call("getUpdates")]
    assert ids == [ids[0], ids[0] + 1, ids[0] + 2]


def test_a_negative_offset_keeps_the_last(api):
    say(api, "a", "b", "c")
    assert texts(api.call("getUpdates", offset=-2)) == ["b", "c"]
    assert texts(api.call("getUpdates")) == ["b", "c"]
    assert texts(api.call("getUpdates", offset=-9)) == ["b", "c"]


@pytest.mark.parametrize(("limit", "count"), [(1, 1), (2, 2), (100, 3), (0, 3), (101, 3)])
def test_limit(api, limit, count):
    say(api, "a", "b", "c")
    assert len(api.call("getUpdates", limit=limit)) == count


def test_a_long_poll_ends_when_something_comes(api):
    person = api.person()
    with ThreadPoolExecutor() as pool:
        polling = pool.submit(api.call, "getUpdates", timeout=50)
        api.act(person, "send", text="hello")
        assert texts(polling.result(10)) == ["hello"]


def test_an_empty_poll_ends_in_time(api):
    assert api.call("getUpdates", timeout=1) == []


def test_the_older_of_two_polls_is_thrown_out(api):
    person = api.person()
    with ThreadPoolExecutor() as pool:
        older = pool.submit(api.refused, "getUpdates", timeout=50)
        while not older.done():
            api.call("getUpdates", timeout=0)
        newer = pool.submit(api.call, "getUpdates", timeout=50)
        api.act(person, "send", text="hello")
        assert texts(newer.result(10)) == ["hello"]
    assert (older.result().code, older.result().description) == (409, CONFLICT)


def test_allowed_updates_are_remembered(api):
    person = api.person()
    api.call("getUpdates", allowed_updates=["message"])
    api.act(person, "block")
    api.act(person, "unblock")
    api.act(person, "send", text="hello")
    assert texts(api.call("getUpdates")) == ["hello"]
    assert api.call("getWebhookInfo")["allowed_updates"] == ["message"]
    api.call("getUpdates", allowed_updates=[])
    api.act(person, "block")
    assert "my_chat_member" in api.call("getUpdates")[-1]


def test_a_webhook_excludes_polling(api):
    api.call("setWebhook", url="http://127.0.0.1:9/hook")
    assert api.refused("getUpdates").description == (
        "Conflict: can't use getUpdates method while webhook is active;"
        " use deleteWebhook to delete the webhook first"
    )


def test_some_kinds_must_be_asked_for():
    updates = Updates()
    assert updates.wants("message") and not updates.wants("chat_member")
    updates.allowed = ["chat_member"]
    assert updates.wants("chat_member") and not updates.wants("message")
