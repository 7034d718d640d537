"""/quiet: what is chosen is kept, said and marked."""

import pytest

from appliance.bot import keyboards
from appliance.services.i18n.catalog import phrase


@pytest.mark.parametrize(
    ("argument", "kept"),
    [
        ("22:30-7:00", "22:30-07:00"),
        ("23:00 – 08:00", "23:00-08:00"),
        ("night", "22:00-08:00"),
        ("always", "always"),
        ("off", None),
    ],
)
def test_typed(desk, argument, kept):
    desk.say(f"/quiet {argument}")
    assert desk.chat().quiet == kept
    assert desk.calls()[-1][1]["reply_markup"] == keyboards.quiet("en", kept)


def test_hours_are_told_with_their_zone(desk):
    desk.say("/quiet 22:30-7:00")
    assert "From 22:30 to 07:00" in desk.said()[-1]
    assert "UTC" in desk.said()[-1]


@pytest.mark.parametrize("argument", ["25:00-07:00", "🌙", "22:00-22:00", "1" * 4000])
def test_hours_nobody_understands_change_nothing(desk, argument):
    desk.say("/quiet always")
    desk.say(f"/quiet {argument}")
    assert desk.chat().quiet == "always"
    assert desk.calls()[-1][1]["text"] == phrase("en", "quiet_wrong")


def test_pressed(desk):
    desk.say("/quiet")
    desk.press("quiet:night")
    answer, edit = desk.calls()[1:]
    assert desk.chat().quiet == "22:00-08:00"
    assert answer[1]["text"].startswith("🌙 From 22:00")
    assert edit[0] == "editMessageText"
    assert edit[1]["reply_markup"] == keyboards.quiet("en", "22:00-08:00")
    desk.press("quiet:night")
    assert desk.calls()[3:] == [answer]  # an edit that changes nothing is refused


@pytest.mark.parametrize("argument", ["", "yes", "off:1"])
def test_a_forged_button(desk, argument):
    desk.press(f"quiet:{argument}")
    assert desk.calls()[-1][1]["text"] == phrase("en", "button_old")
