"""The options that say what a broadcast says: texts, files, buttons."""

import pytest

from appliance.crud import media
from appliance.crud.chats import topics
from support.pictures import JPEG


@pytest.fixture
def file(tmp_path):
    """`file("a.jpg")` is the path of a picture, or of another content."""

    def file(name="a.jpg", content=JPEG):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return file


def test_files_are_kept_and_sent_in_order(answer, known, stored, file, database):
    answer(
        *("broadcast", "Look", "--video", file("b.mp4", b"film")),
        *("--photo", file(), "--photo", file("c.jpg", JPEG + b"c")),
    )
    with database.reading() as session:
        kept = media.get_all(session, [item["id"] for item in stored().media])
        assert [(item.kind, item.name) for item in kept] == [
            ("photo", "a.jpg"),
            ("photo", "c.jpg"),
            ("video", "b.mp4"),
        ]
    assert stored().text == "Look"


def test_a_file_needs_no_words(answer, known, stored, file):
    answer("broadcast", "send", "--document", file("minutes.pdf", b"x"), input="not read")
    assert stored().text == ""
    answer("broadcast", "send", "-", "--document", file("minutes.pdf", b"x"), input="read")
    assert (stored(2).text, stored(2).media) == ("read", stored().media)


def test_texts_by_language(answer, known, stored, file):
    text = file("ru.html", "<b>Привет</b>\n".encode())
    answer(
        *("broadcast", "--html", "Hello", "--variant", f"ru=@{text}"),
        *("--variant", "DE=Hallo = {first_name}", "--variant", "fr=@@tous"),
    )
    assert stored().variants == {
        "ru": "<b>Привет</b>",
        "de": "Hallo = {first_name}",
        "fr": "@tous",
    }


def test_switches(answer, known, stored):
    answer("broadcast", "x", "--silent", "--protected", "--no-preview")
    assert stored().options == {"silent": True, "protected": True, "link_preview": False}


def test_a_button_that_ends_a_topic(answer, known, stored, database):
    with database.writing() as session:
        number = topics.add(session, "news", "Club news").id
    answer("broadcast", "x", "--opt-out", "news", "--opt-out", "news=No more")
    shared = {"topic_off": "news", "topic_id": number}
    assert stored().options["buttons"] == [
        [{"text": "🔕 Club news", **shared}],
        [{"text": "No more", **shared}],
    ]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--photo", "{}/gone.jpg"], "--photo: cannot read {}/gone.jpg: No such file"),
        (["--photo", "{}"], "cannot read {}: Is a directory"),
        (["--photo", "{}/text"], "text is not a JPEG, PNG or WebP"),
        (["--variant", "ru"], "LANG=TEXT"),
        (["--variant", "=x"], "LANG=TEXT"),
        (["--variant", "ru=@{}/gone"], "a text that begins with @ takes @@"),
        (["--variant", "russian=x"], "invalid language code 'russian'"),
        (["--variant", "ru={{nobody}}"], "unknown placeholder {nobody}"),
        (["--button", "nowhere"], "TEXT=URL"),
        (["--document", "{}/text", "--photo", "{}/a.jpg"], "documents only"),
        (["--opt-out", "gone=x"], "there is no topic gone"),
    ],
)
def test_what_is_refused(known, invoke, answer, file, tmp_path, words, told):
    file()
    file("text", b"text")
    result = invoke("broadcast", "x", *(word.format(tmp_path) for word in words))
    assert (result.exit_code, result.stdout) == (2, "")
    assert told.replace("{}", str(tmp_path)) in result.stderr
    assert answer("broadcast", "list") == []


def test_an_unknown_topic_without_a_text_of_its_own(known, invoke, refused):
    assert "there is no topic gone" in refused(invoke("broadcast", "x", "--opt-out", "gone"), 2)
