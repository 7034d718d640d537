"""Calls that carry a message, for each recipient."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.services import content
from appliance.services.content import Composer, File, Person
from appliance.telegram import html
from appliance.telegram.entities import canonical


def button(text="Go", url="https://a.example"):
    return {"text": text, "url": url}


def test_a_plain_message_is_only_its_text():
    assert content.compose("a < b", "plain", {}) == ("sendMessage", {"text": "a < b"})


def test_everything_that_can_be_asked_for():
    options = {"silent": True, "protected": True, "link_preview": False, "buttons": [[button()]]}
    assert content.compose("<b>x</b>", "html", options) == (
        "sendMessage",
        {
            "text": "<b>x</b>",
            "parse_mode": "HTML",
            "disable_notification": True,
            "protect_content": True,
            "link_preview_options": {"is_disabled": True},
            "reply_markup": {"inline_keyboard": [[button()]]},
        },
    )


def test_switches_that_are_off_are_not_sent():
    options = {"silent": False, "protected": False, "link_preview": True, "buttons": []}
    assert content.compose("x", "plain", options)[1] == {"text": "x"}


ANNA = Person("Anna", "Orlova", "anna", "ru-RU")
BOB = Person("Bob", None, None, "en")


@dataclass
class Letter:
    """What a broadcast says, as its row has it."""

    text: str = "hello"
    format: str = "plain"
    options: dict[str, Any] = field(default_factory=dict)
    variants: dict[str, str] = field(default_factory=dict)
    media: list[dict[str, Any]] = field(default_factory=list)
    id: int = 12


def body(letter, person=None, chat_id=5, files=()):
    return json.loads(Composer(letter, files).body_for(chat_id, person))


def test_one_text_for_everybody_needs_nobody():
    composer = Composer(Letter("a < {b c}", options={"silent": True}))
    assert (composer.method, composer.needs_person, composer.needs_upload) == (
        "sendMessage",
        False,
        False,
    )
    expected = {"chat_id": -7, "text": "a < {b c}", "disable_notification": True}
    assert json.loads(composer.body_for(-7)) == expected


def test_placeholders_are_filled_in_for_each():
    letter = Letter('{first_name|friend}, "read"\n{{name}} {username}', "html")
    assert Composer(letter).needs_person
    assert body(letter, ANNA)["text"] == 'Anna, "read"\n{name} anna'
    assert body(letter, Person('<"\\>'))["text"] == '&lt;"\\&gt;, "read"\n{name} '
    assert body(letter)["text"].startswith("friend,")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ru", "Привет"),
        ("ru-RU", "Привет"),
        ("RU", "Привет"),
        ("ru_RU", "Привет"),
        ("pt-br", "Olá, Brasil"),
        ("pt-pt", "Olá"),
        ("de", "Hello"),
        ("", "Hello"),
        (None, "Hello"),
    ],
)
def test_everybody_reads_his_language(language, text):
    variants = {"ru": "Привет", "pt": "Olá", "pt-br": "Olá, Brasil"}
    letter = Letter("Hello", variants=variants)
    assert Composer(letter).needs_person
    assert body(letter, Person(language=language))["text"] == text


def test_words_are_those_of_the_call():
    letter = Letter("Hi {name}", variants={"ru": "Привет, {name}"})
    for person in (ANNA, BOB, Person()):
        words = content.words_for(person, letter.text, letter.format, letter.variants)
        assert words == body(letter, person)["text"]


def test_a_plain_text_has_no_parse_mode():
    letter = Letter("<b>{first_name}</b>", variants={"ru": "<i>{first_name}</i>"})
    for person, text in ((BOB, "<b>Bob</b>"), (ANNA, "<i>Anna</i>")):
        made = body(letter, person)
        assert made == {"chat_id": 5, "text": text}


def test_a_button_may_end_a_topic():
    options = {"buttons": [[{"text": "No", "topic_off": "news", "topic_id": 3}, button()]]}
    made = body(Letter(options=options))["reply_markup"]["inline_keyboard"]
    assert made == [[{"text": "No", "callback_data": "t:off:3:12"}, button()]]


def test_a_text_from_before_placeholders_goes_as_it_stands():
    assert body(Letter("{unknown} {first_name}"), ANNA)["text"] == "{unknown} {first_name}"


def test_extra_parameters_are_in_every_call():
    composer = Composer(Letter(), extra={"allow_paid_broadcast": True})
    assert json.loads(composer.body_for(1))["allow_paid_broadcast"] is True


# Files

PHOTO = File(1, "photo", "aa", "a.jpg")
VIDEO = File(2, "video", "bb", "b.mp4")
REPORT = File(3, "document", "cc", "report.pdf")


def known(file):
    return File(file.id, file.kind, file.sha256, file.name, f"ID{file.id}")


@pytest.mark.parametrize(
    ("file", "method"), [(PHOTO, "sendPhoto"), (VIDEO, "sendVideo"), (REPORT, "sendDocument")]
)
def test_a_known_file_goes_by_its_id(file, method):
    options = {"protected": True, "link_preview": False, "buttons": [[button()]]}
    composer = Composer(Letter("<b>{name}</b>", "html", options), [known(file)])
    assert (composer.method, composer.needs_upload) == (method, False)
    assert json.loads(composer.body_for(5, ANNA)) == {
        "chat_id": 5,
        file.kind: f"ID{file.id}",
        "caption": "<b>Anna Orlova</b>",
        "parse_mode": "HTML",
        "protect_content": True,
        "reply_markup": {"inline_keyboard": [[button()]]},
    }


def test_a_file_may_have_no_words():
    assert body(Letter("", "html"), files=[known(PHOTO)]) == {"chat_id": 5, "photo": "ID1"}
    letter = Letter("", variants={"ru": "{first_name}"})
    assert body(letter, BOB, files=[known(PHOTO)]) == {"chat_id": 5, "photo": "ID1"}
    assert body(letter, ANNA, files=[known(PHOTO)])["caption"] == "Anna"


def test_an_album_has_its_words_on_the_first():
    files = [known(PHOTO), known(VIDEO)]
    letter = Letter("{first_name}", "html", {"silent": True})
    composer = Composer(letter, files)
    assert composer.method == "sendMediaGroup"
    assert json.loads(composer.body_for(5, ANNA)) == {
        "chat_id": 5,
        "media": [
            {"type": "photo", "media": "ID1", "caption": "Anna", "parse_mode": "HTML"},
            {"type": "video", "media": "ID2"},
        ],
        "disable_notification": True,
    }


def test_an_unknown_file_is_uploaded_with_the_first():
    options = {"buttons": [[button()]], "silent": True}
    composer = Composer(Letter("{name}", options=options), [REPORT])
    assert composer.needs_upload
    upload = composer.upload(5, ANNA, Path("/folder"))
    assert upload.method == "sendDocument"
    assert upload.fields.pop("reply_markup") == json.dumps(
        {"inline_keyboard": [[button()]]}, separators=(",", ":")
    )
    assert upload.fields == {
        "chat_id": "5",
        "document": "attach://file0",
        "caption": "Anna Orlova",
        "disable_content_type_detection": "true",
        "disable_notification": "true",
    }
    (part,) = upload.parts
    assert (part.field, part.path, part.filename, part.mime) == (
        "file0",
        Path("/folder/cc"),
        "report.pdf",
        "application/pdf",
    )


def test_of_an_album_only_what_is_unknown_is_uploaded():
    upload = Composer(Letter("x"), [known(PHOTO), VIDEO]).upload(5, None, Path("/folder"))
    assert json.loads(upload.fields["media"]) == [
        {"type": "photo", "media": "ID1", "caption": "x"},
        {"type": "video", "media": "attach://file1"},
    ]
    assert [part.field for part in upload.parts] == ["file1"]


# Editing and deleting


def test_a_text_is_edited_as_it_would_be_sent():
    options = {"link_preview": False, "buttons": [[button()]], "silent": True}
    letter = Letter("<b>{name}</b>", "html", options, {"de": "x"})
    assert content.edit_call(letter, 77, ANNA) == (
        "editMessageText",
        {
            "message_id": 77,
            "text": "<b>Anna Orlova</b>",
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": True},
            "reply_markup": {"inline_keyboard": [[button()]]},
        },
    )
    assert content.edit_call(letter, 77, Person(language="de"))[1]["text"] == "x"


@pytest.mark.parametrize("count", [1, 2])
def test_of_files_the_caption_is_edited(count):
    letter = Letter("new", media=[{"id": 1, "kind": "photo"}] * count)
    assert content.edit_call(letter, 77) == (
        "editMessageCaption",
        {"message_id": 77, "caption": "new"},
    )


def test_an_album_is_deleted_whole():
    assert content.delete_call(Letter(), 77) == ("deleteMessage", {"message_id": 77})
    album = Letter(media=[{"id": 1, "kind": "photo"}] * 3)
    assert content.delete_call(album, 77) == ("deleteMessages", {"message_ids": [77, 78, 79]})
    assert content.delete_call(album, 77, [77, 80, 81]) == (
        "deleteMessages",
        {"message_ids": [77, 80, 81]},
    )


# Whatever people write and are called

anything = st.text()
words = st.lists(
    anything | st.sampled_from(["{first_name}", "{name|you}", "{{username}}", "{", "}"])
).map("".join)
sendable = words.filter(lambda text: text.isprintable())
people = st.builds(
    Person, *[st.none() | anything] * 3, st.sampled_from([None, "ru", "ru-RU", "de"])
)
files = st.sampled_from([(), (known(PHOTO),), (known(PHOTO), known(VIDEO))])
formats = st.sampled_from(["plain", "html"])
chats = st.integers(-(2**52), 2**52)


@pytest.mark.slow
@given(sendable, sendable, formats, people, files, chats)
def test_every_body_is_json_for_its_chat(text, variant, format, person, files, chat_id):
    letter = Letter(text, format, {"buttons": [[button(text="{name}")]]}, {"ru": variant})
    document = json.loads(Composer(letter, files).body_for(chat_id, person).decode())
    assert document["chat_id"] == chat_id
    chosen = variant if (person.language or "").startswith("ru") else text
    template = content.Template(chosen, format)
    if not template.problems:
        said = (document["media"][0] if len(files) > 1 else document).get(
            "caption" if files else "text", ""
        )
        assert said == template.fill(person)


@given(people, formats)
def test_what_is_linted_is_taken(person, format):
    """A text without faults makes no call that Telegram cannot read, whoever gets it."""
    letter = Letter('<a href="https://a.example/{username}">{name|x}</a> {last_name}', format)
    made = body(letter, person)
    if format == "html":
        text, entities = html.parse(made["text"])
        assert len(entities) == 1
        assert entities[0].url.startswith("https://a.example/")
        filled = content.Template("{name|x} {last_name}", "plain").fill(person)
        assert text == canonical(filled, ())[0]
