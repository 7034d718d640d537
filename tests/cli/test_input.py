"""Asking at a terminal, and what happens without one."""

import io
import os
import pty
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from appliance.cli.input import Prompter, read_secret, read_text
from appliance.errors import ConfigError, Invalid


def test_what_was_given_is_not_asked():
    assert Prompter(False).text("x", "Question", "--flag") == "x"


def test_without_a_terminal_the_flag_is_named():
    with pytest.raises(click.UsageError, match="--flag is missing"):
        Prompter(False).text(None, "Question", "--flag")
    with pytest.raises(click.UsageError, match="--flag is missing"):
        Prompter(False).password(None, "Question", "--flag")


def at_a_terminal(question, answers):
    """What a command that asks gets and says."""
    got = []

    @click.command()
    def command():
        got.append(question(Prompter(True)))

    result = CliRunner().invoke(command, input=answers)
    assert result.exit_code == 0
    assert result.stdout == ""
    return got[0], result.stderr


def test_a_question_goes_to_stderr():
    got, said = at_a_terminal(lambda asking: asking.text(None, "Email", "--email"), "a@b\n")
    assert got == "a@b"
    assert said.startswith("Email: ")


def test_a_password_is_typed_twice_and_not_shown():
    got, said = at_a_terminal(
        lambda asking: asking.password(None, "Password", "--p"),
        "secret1\nother\nsecret1\nsecret1\n",
    )
    assert got == "secret1"
    assert "secret1" not in said


def long_enough(answer):
    if len(answer) < 5:
        raise Invalid("too short")
    return answer.upper()


def test_a_slip_is_asked_again():
    got, said = at_a_terminal(
        lambda asking: asking.text(None, "Name", "--name", long_enough), "Ann\nAnna Petrova\n"
    )
    assert got == "ANNA PETROVA"
    assert "too short" in said


def test_a_slip_that_is_not_shown_is_explained_before_it_is_typed_twice():
    got, said = at_a_terminal(
        lambda asking: asking.password(None, "Password", "--p", long_enough),
        "abc\nabcdef\nabcdef\n",
    )
    assert got == "ABCDEF"
    assert "appliance: too short" in said
    got, said = at_a_terminal(
        lambda asking: asking.text(None, "Token", "--t", secret=True), "123:abc\n"
    )
    assert (got, "123:abc" in said) == ("123:abc", False)


def test_a_text_that_is_typed_is_asked_for():
    reader, terminal = pty.openpty()
    script = "from appliance.cli.input import read_text; print(read_text(None))"
    os.write(reader, b"hello\n\x04")  # as a terminal hands over Ctrl-D
    done = subprocess.run(
        [sys.executable, "-c", script], stdin=terminal, capture_output=True, timeout=60, check=True
    )
    os.close(reader)
    os.close(terminal)
    assert done.stdout == b"hello\n"
    assert b"Ctrl-D" in done.stderr


def test_the_first_line_of_a_file(tmp_path):
    path = tmp_path / "secret"
    path.write_bytes("пароль # x \r\nmore\n".encode())
    assert read_secret(path, "--flag") == "пароль # x "
    assert Prompter(False).password(path, "Password", "--flag") == "пароль # x "
    assert Prompter(False).secret_from("value", path, "--flag") == "пароль # x "
    assert Prompter(False).secret_from("value", None, "--flag") == "value"
    assert Prompter(False).secret_from(None, None, "--flag") is None


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"", "is empty"), (b"\nx", "is empty"), (b"\xff\xff", "UTF-8"), (None, "No such")],
)
def test_a_file_without_a_secret(tmp_path, content, told):
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=f"--flag: .*{told}"):
        read_secret(path, "--flag")


def test_a_directory_is_no_file(tmp_path):
    with pytest.raises(ConfigError, match="--flag: cannot read"):
        read_secret(tmp_path, "--flag")


def test_text_that_is_given_is_not_read():
    assert read_text("hello") == "hello"


def test_standard_input(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("a\n\nb\n\n"))
    assert read_text("-") == "a\n\nb"


def test_standard_input_that_is_no_text(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xff"), "utf-8"))
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_text(None)
