"""Which notifications make a sound, by what the phone got."""

import pytest

from appliance.crud.chats import chats
from appliance.services import notify
from appliance.services.notify import NewNotification, Sender
from support.people import add_user


@pytest.mark.parametrize("to", ["user:ada@example.org", "role:admin"])
@pytest.mark.parametrize(
    ("quiet", "silent"),
    [(None, {"low"}), ("always", {"low", "normal"})],
)
def test_high_priority_sounds_in_quiet_hours_too(
    database, people, ask, run_until, to, quiet, silent
):
    """To one by the outbox, to a role by a broadcast: the same."""
    (chat_id,) = people(1)
    with database.writing() as session:
        add_user(session, "Ada", "admin", chat_id)
        chats.find(session, chat_id).quiet = quiet
        for priority in notify.PRIORITIES:
            notify.create(session, NewNotification(to, priority, priority=priority), Sender("cli"))

    def got():
        said = ask(f"people/{chat_id}/messages")["messages"]
        return {one["text"]: one["silent"] for one in said if one["from"] == "bot"}

    run_until(lambda: len(got()) == 3)
    assert {text for text, was_silent in got().items() if was_silent} == silent
