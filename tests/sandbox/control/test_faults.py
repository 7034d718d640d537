"""Strange updates, and what the bot's owner sets; faults and flood have files of their own."""

import pytest


def test_an_update_of_a_kind_that_nobody_knows(api):
    body = {"kind": "telepathy", "content": {"from": {"id": 5}}}
    told = api.control("POST", "/updates", body)
    [update] = api.updates()
    assert update == {"update_id": told["next_id"] - 1, "telepathy": {"from": {"id": 5}}}


def test_ids_begin_anywhere_after_an_idle_week(api):
    """Also below the last: a bot that passes the old offset gets them all the same."""
    person = api.person()
    api.act(person, "send", text="before")
    last = api.call("getUpdates")[-1]["update_id"]
    api.call("getUpdates", offset=last + 1)
    assert api.control("POST", "/updates", {"next_id": 17}) == {"next_id": 17}
    api.act(person, "send", text="after")
    [update] = api.call("getUpdates", offset=last + 1)
    assert (update["update_id"], update["message"]["text"]) == (17, "after")


@pytest.mark.parametrize(
    "body", [{"kind": "update_id"}, {"kind": "a b"}, {"next_id": -1}, {"x": 1}]
)
def test_updates_that_are_refused(api, body):
    assert api.try_control("POST", "/updates", body)[0] == 400


def test_the_bot_as_its_owner_sees_it(api):
    assert api.control("GET", "/bot")["privacy"] is True
    api.call("setMyName", name="Клуб")
    assert api.control("GET", "/bot")["first_name"] == "Клуб"
    assert api.try_control("PUT", "/bot", {"privacy": "off"})[0] == 400
