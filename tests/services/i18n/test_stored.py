"""What was noted in English is read in any language; what was not said stays as it is."""

from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import Localized, localized
from appliance.services.i18n.catalog import translate
from appliance.services.i18n.stored import pack, unpack


def test_what_was_said_comes_back_with_its_template() -> None:
    inner = localized("the key must have 1 to {most} characters", most=255)
    said = localized("{slot} was not sent: {error}", slot="12:00", error=inner)

    back = unpack(pack(said))

    assert back == "12:00 was not sent: the key must have 1 to 255 characters"
    assert translate(back, "ru").startswith("12:00 не отправлено: в ключе")


def test_other_words_are_stored_as_they_are() -> None:
    assert pack("Bad Request: can't parse entities") == "Bad Request: can't parse entities"
    assert unpack("Bad Request: can't parse entities") == "Bad Request: can't parse entities"
    assert unpack(None) is None


def test_what_does_not_fit_is_kept_in_english() -> None:
    said = localized("paused: {error}", error="x" * 300)

    assert pack(said, 255) == f"paused: {'x' * 247}"
    assert len(pack(localized("paused: {error}", error="x"), 255)) < 255


def test_what_another_version_wrote_or_cut_off_is_shown_as_it_is() -> None:
    for stored in (
        '{"said":"{gone}","with":{}}',
        '{"said":"x',
        '{"said":5}',
        '{"said":[],"with":1}',
    ):
        assert unpack(stored) == stored


@given(st.text(max_size=80))
def test_any_text_survives(text: str) -> None:
    stored = pack(text)

    assert unpack(stored) == text or isinstance(unpack(stored), Localized)
