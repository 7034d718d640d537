"""The words of commands and menus."""

import pytest

from appliance.bot.texts import command_of_label, language_names, menu
from appliance.languages import LANGUAGES
from appliance.services.chats.command_menu import PEOPLE, commands_for
from appliance.services.i18n.catalog import phrase


@pytest.mark.parametrize("language", LANGUAGES)
def test_help_names_every_command_but_itself(language):
    said = phrase(language, "help")
    assert [name for name in PEOPLE if f"/{name} " not in said] == ["help"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", ["operator", "admin"])
def test_help_for_those_who_run_the_site(language, role):
    said = phrase(language, f"help_{role}")
    assert all(f"/{name} " in said for name in set(commands_for(role)) - set(PEOPLE))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_label_is_known_in_every_language(language):
    labels = menu(language)
    assert {command_of_label(label): label for label in labels.values()} == labels


def test_a_keyboard_of_an_earlier_version_still_works():
    assert command_of_label("🔗 Связать с сайтом") == "link"


def test_other_words_are_no_label():
    assert command_of_label("Help me") is None
    assert command_of_label("") is None


def test_names_are_escaped():
    assert "&lt;b&gt;Eve &amp; co" in phrase("en", "welcome", name="<b>Eve & co")


def test_languages_call_themselves():
    assert language_names() == {"en": "English", "ru": "Русский"}
