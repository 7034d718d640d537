"""What people write is kept, and acknowledged once in a while."""

from datetime import timedelta

from appliance.bot.texts import say

THANKS = say("en", "thanks")


def test_everything_is_kept_and_thanked_for_once(desk):
    lines = ["Hello", "שלום, how much?", "👩‍👩‍👧", "<b>&amp;"]
    for line in lines:
        desk.say(line)
    assert desk.heard() == lines
    assert desk.said() == [THANKS]


def test_thanks_come_again_after_an_hour(desk):
    desk.say("one")
    desk.clock.advance(timedelta(minutes=59))
    desk.say("two")
    assert desk.said() == [THANKS]
    desk.clock.advance(timedelta(minutes=2))
    desk.say("three")
    assert desk.said() == [THANKS, THANKS]


def test_people_do_not_share_their_thanks(desk):
    desk.say("one")
    desk.say("two", person=1002)
    assert desk.said(1001) == desk.said(1002) == [THANKS]
