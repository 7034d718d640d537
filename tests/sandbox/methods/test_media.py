"""Voices, stickers, places, contacts and dice; test_conformance.py reads the answers."""

import pytest


def test_a_voice_goes_out_again_by_its_id(api):
    person = api.person()
    api.act(person, "voice", duration=5)
    voice = api.updates()[0]["message"]["voice"]
    sent = api.call("sendVoice", chat_id=person, voice=voice["file_id"], duration=5, caption="me")
    assert (sent["voice"], sent["caption"]) == (voice, "me")
    assert api.refused("sendAudio", chat_id=person, audio=voice["file_id"]).description == (
        "Bad Request: type of file mismatch"
    )


def test_an_animation_is_a_document_too(api):
    url = "https://example.com/a.mp4"
    sent = api.call("sendAnimation", chat_id=api.person(), animation=url)
    assert sent["document"]["file_id"] == sent["animation"]["file_id"]


@pytest.mark.parametrize(
    ("method", "parameters", "description"),
    [
        ("sendVoice", {}, "there is no voice in the request"),
        ("sendSticker", {"sticker": "nothing"}, "wrong file identifier/HTTP URL specified"),
        ("sendLocation", {"latitude": 5}, "longitude is empty"),
        ("sendLocation", {"latitude": 5, "longitude": 181}, "invalid location specified"),
        ("sendLocation", {"latitude": 91, "longitude": 5}, "invalid location specified"),
        ("sendContact", {"first_name": "Anna"}, 'parameter "phone_number" is required'),
        ("sendDice", {"emoji": "🙂"}, "DICE_EMOTICON_INVALID"),
    ],
)
def test_refusals(api, method, parameters, description):
    error = api.refused(method, chat_id=api.person(), **parameters)
    assert error.description == f"Bad Request: {description}"


def test_dice_fall_within_their_range(api):
    person = api.person()
    sent = [api.call("sendDice", chat_id=person, emoji="🏀")["dice"]["value"] for _ in range(20)]
    assert set(sent) <= {1, 2, 3, 4, 5}
