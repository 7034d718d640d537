"""What the acts of people answer and refuse."""

import pytest

from appliance.sandbox.control.actions import ACTIONS


def test_an_act_answers_who_and_what(api):
    person = api.person()
    shown = api.act(person, "send", text="hello")
    assert (shown["id"], shown["last_text"]) == (person, "hello")
    assert shown["wrote"] == [api.messages(person)[-1]["message_id"]]
    assert api.act(person, "block")["wrote"] == []


def test_a_deleted_account(api):
    person = api.person()
    assert api.act(person, "deactivate")["deactivated"]
    assert api.updates() == []
    assert api.refused("sendMessage", chat_id=person, text="x").description == (
        "Forbidden: user is deactivated"
    )
    assert api.try_control("POST", f"/people/{person}/send", {"text": "x"})[0] == 409


@pytest.mark.parametrize(
    ("act", "body"),
    [
        ("send", {}),
        ("edit", {"text": "x"}),
        ("react", {"message_id": 1, "emoji": "x" * 17}),
        ("album", {"files": "x"}),
        ("album", {"files": [1, 2]}),
        ("album", {"files": [{"kind": "poem"}] * 2}),
        ("photo", {"captoin": "x"}),
        ("photo", {"caption": "x" * 1025}),
    ],
)
def test_acts_that_are_refused(api, act, body):
    status, document = api.try_control("POST", f"/people/{api.person()}/{act}", body)
    assert status == 400 and document["error"]
    assert api.updates() == []


def test_every_act_has_its_address(api):
    assert all(api.try_control("POST", f"/people/5/{act}", {})[0] == 404 for act in ACTIONS)
    assert api.request("POST", "/sandbox/people/5/dance")[0] == 404
