"""Calls with files over libcurl: each on a connection of its own, and never sent twice."""

import threading
from pathlib import Path

import pytest

from appliance.delivery import client as client_module
from appliance.delivery.answers.classify import Kind, classify
from appliance.services.content import Part, Upload
from support.raw_server import answering, collect, silent


def uploading(path):
    return Upload("sendPhoto", {}, (Part("photo", path, "p.png", "image/png"),))


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "p"
    path.write_bytes(b"p" * 100)
    return path


def test_a_file_is_uploaded_as_a_form(serve, tmp_path):
    server, client = serve(answering)
    picture = tmp_path / "sum"
    picture.write_bytes(b"\x89PNG picture" * 1000)
    upload = Upload(
        "sendPhoto",
        {"chat_id": "5", "caption": "Привет"},
        (Part("photo", picture, "a b.png", "image/png"),),
    )

    client.upload("only", upload)

    assert classify(collect(client, 1)["only"]).kind == Kind.SENT
    (body,) = server.bodies
    assert picture.read_bytes() in body
    assert "Привет".encode() in body
    assert b'name="photo"; filename="a b.png"' in body


def test_files_and_certificates_may_lie_under_any_name(serve, tmp_path):
    """pycurl takes text that is ASCII, or bytes."""
    folder = tmp_path / "дом %41?"
    folder.mkdir()
    (folder / "ca.pem").touch()
    (folder / "файл").write_bytes(b"the file")
    server, client = serve(answering, ca=folder / "ca.pem")
    part = Part("document", folder / "файл", "Отчёт.txt", "text/plain")

    client.upload("only", Upload("sendDocument", {}, (part,)))

    assert classify(collect(client, 1)["only"]).kind == Kind.SENT
    assert 'filename="Отчёт.txt"'.encode() in server.bodies[0]


@pytest.mark.parametrize("name", ["a\0b", "half \ud800"])
def test_a_name_that_no_form_can_carry_begins_nothing(name, serve, tmp_path):
    server, client = serve(answering)
    (tmp_path / "p").write_bytes(b"p")
    part = Part("document", tmp_path / "p", name, "text/plain")

    with pytest.raises(ValueError, match=r"null|surrogates"):
        client.upload("only", Upload("sendDocument", {}, (part,)))

    assert (client.in_flight, server.bodies) == (0, [])


def test_an_upload_without_an_answer_is_unknown_and_not_repeated(serve, picture):
    server, client = serve(
        lambda connection, body: b"photo" not in body and answering(connection, body)
    )
    client.start("first", "sendMessage", b"one")
    collect(client, 1)
    client.upload("second", uploading(picture))

    assert classify(collect(client, 1)["second"]).kind == Kind.UNKNOWN
    assert sum(b"photo" in body for body in server.bodies) == 1


def test_a_file_that_is_gone_or_cannot_be_read_begins_nothing(serve, tmp_path):
    """libcurl would send a directory as an empty file, and says only “26” of all else."""
    server, client = serve(answering)
    (tmp_path / "directory").mkdir()
    for path in (tmp_path / "nothing", tmp_path / "directory", Path("/proc/self/mem/x")):
        with pytest.raises(OSError) as raised:
            client.upload("only", uploading(path))
        assert raised.value.strerror
    assert client.in_flight == 0
    assert server.bodies == []


def test_a_file_that_goes_away_between_two_looks_begins_nothing(serve, tmp_path):
    _, client = serve(answering)
    (tmp_path / "p").write_bytes(b"p")

    class Going(type(tmp_path)):
        def open(self, *args, **kwargs):
            opened = super().open(*args, **kwargs)
            self.unlink()
            return opened

    with pytest.raises(OSError, match="p"):
        client.upload("only", uploading(Going(tmp_path / "p")))
    assert client.in_flight == 0


def test_an_upload_shares_neither_connection_nor_form_with_what_comes_after(serve, picture):
    server, client = serve(answering)
    for number in range(2):
        client.upload(number, uploading(picture))
        collect(client, 1)
        client.start(number, "sendMessage", b"text")
        assert classify(collect(client, 1)[number]).kind == Kind.SENT

    assert server.used == [0, 1, 2, 1]
    assert [body == b"text" for body in server.bodies] == [False, True, False, True]


def test_an_upload_has_more_time_than_a_message(serve, picture):
    written = threading.Event()

    def slow(connection, body):
        return b"text" in body or (written.wait(10) and answering(connection, body))

    _, client = serve(slow, timeout=0.3)
    client.upload("file", uploading(picture))
    client.start("text", "sendMessage", b"text")

    assert classify(collect(client, 1)["text"]).kind == Kind.UNKNOWN
    written.set()
    assert classify(collect(client, 1)["file"]).kind == Kind.SENT


def test_an_upload_that_is_never_answered_ends(serve, picture, monkeypatch):
    monkeypatch.setattr(client_module, "UPLOAD_SECONDS", 0.3)
    _, client = serve(silent)
    client.upload("only", uploading(picture))

    assert classify(collect(client, 1)["only"]).kind == Kind.UNKNOWN
