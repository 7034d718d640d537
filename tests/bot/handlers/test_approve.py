"""/approve: only admins decide where broadcasts may go."""

from datetime import timedelta

import pytest

from appliance.bot import keyboards
from appliance.crud import settings
from appliance.crud.chats import chats
from appliance.models import ChatType
from appliance.services.i18n.catalog import phrase


@pytest.fixture
def groups(desk):
    """Anna is an admin; two groups and a channel wait."""
    desk.say("/start")
    user = desk.link("admin")
    with desk.database.writing() as session:
        for number, kind in ((-1, "group"), (-2, "supergroup"), (-3, "channel")):
            chats.remember(session, number, type=ChatType(kind), title=f"G{number} <&>")
    return user


def last(desk):
    return desk.calls()[-1][1]


def test_only_admins(desk, groups):
    desk.say("/approve", person=1002)
    desk.link("operator", 1002)
    desk.clock.advance(timedelta(minutes=1))
    desk.say("/approve", person=1002)
    assert desk.said(1002) == [phrase("en", "unknown_command")] * 2
    desk.press("approve:yes:-1", person=1002)
    assert not desk.chat(-1).approved


def test_yes_and_no(desk, groups):
    desk.say("/approve")
    assert len(last(desk)["reply_markup"]["inline_keyboard"]) == 3
    desk.press("approve:yes:-1")
    desk.press("approve:no:-2")
    assert (desk.chat(-1).approved, desk.chat(-1).approved_by) == (True, groups.id)
    assert (desk.chat(-2).approved, desk.chat(-2).approved_by) == (False, groups.id)
    assert last(desk)["reply_markup"] == keyboards.approve([desk.chat(-3)])
    assert last(desk)["text"].startswith("🚫 <b>G-2 &lt;&amp;&gt;</b> gets no broadcasts.")
    desk.press("approve:yes:-3")
    assert last(desk)["reply_markup"] == {"inline_keyboard": []}
    desk.say("/approve")
    assert desk.said()[-1] == phrase("en", "approve_none")
    desk.press("approve:yes:-2")  # second thoughts, with an old button
    assert desk.chat(-2).approved


def test_the_operators_group_waits_for_nobody(desk, groups):
    with desk.database.writing() as session:
        settings.put_setting(session, settings.OPERATORS, {"chat_id": -1, "topics": False})
    desk.say("/approve")
    data = [row[0]["callback_data"] for row in last(desk)["reply_markup"]["inline_keyboard"]]
    assert sorted(data) == ["approve:yes:-2", "approve:yes:-3"]


@pytest.mark.parametrize(
    "argument", ["", "yes", "yes:", "yes:1001", "maybe:-1", f"yes:-{'9' * 20}"]
)
def test_forged_buttons(desk, groups, argument):
    desk.press(f"approve:{argument}")
    assert last(desk)["text"] == phrase("en", "button_old")


@pytest.mark.parametrize("chat_id", [-77, -9223372036854775807, -9999999999999999999])
def test_a_chat_that_is_gone(desk, groups, chat_id):
    desk.press(f"approve:yes:{chat_id}")
    assert last(desk)["text"].startswith(phrase("en", "approve_gone"))
