"""A mistyped command is refused with what was meant, and never sent to anybody."""

import pytest

from appliance.cli.suggest import distance, meant
from appliance.crud.broadcasts import broadcasts
from support.people import add_chats

COMMANDS = ["cancel", "edit", "list", "pause", "report", "resume", "schedule", "send", "show"]


@pytest.mark.parametrize(
    ("word", "command"),
    [
        ("lst", "list"),
        ("lsit", "list"),
        ("LIST", "list"),
        ("li", "list"),
        ("sched", "schedule"),
        ("shwo", "show"),
        ("reprot", "report"),
        ("canel", "cancel"),
        ("cancle", "cancel"),
        ("resmue", "resume"),
        ("Hello", None),
        ("Rehearsal", None),
        ("Привет", None),
        ("s", None),
        ("2026", None),
        ("list all", None),
        ("", None),
    ],
)
def test_what_was_meant(word, command):
    assert meant(word, COMMANDS) == command


@pytest.mark.parametrize(
    ("one", "other", "letters"),
    [("", "", 0), ("ab", "ba", 1), ("abc", "", 3), ("kitten", "sitting", 3), ("ca", "abc", 3)],
)
def test_the_distance_of_two_words(one, other, letters):
    assert distance(one, other) == distance(other, one) == letters


@pytest.fixture
def sent(database, something_sends):
    with database.writing() as session:
        add_chats(session, 1, 2)

    def sent():
        with database.reading() as session:
            return [row.text for row in broadcasts.list_page(session, 10)]

    return sent


@pytest.mark.parametrize("words", [["lst"], ["lst", "--to", "all"], ["Lits", "--json"]])
def test_a_mistyped_subcommand_is_no_broadcast(words, invoke, sent):
    result = invoke("broadcast", *words)

    assert (result.exit_code, result.stdout, sent()) == (2, "", [])
    assert "did you mean `list`?" in result.stderr
    assert f"`appliance broadcast send {words[0]}`" in result.stderr


@pytest.mark.parametrize("words", [["Hello"], ["send", "lst"], ["lst is down"], ["Привет"]])
def test_a_text_is_one(words, invoke, sent):
    assert invoke("broadcast", *words).exit_code == 0
    assert sent() == [words[-1]]


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["brodcast", "x"], "broadcast"),
        (["stat"], "status"),
        (["user", "lst"], "list"),
        (["chat", "aprove", "5"], "approve"),
        (["inbox", "shwo", "5"], "show"),
        (["broadcast", "schedule", "lits"], "list"),
    ],
)
def test_suggestions_at_every_level(words, command, invoke):
    result = invoke(*words)

    assert result.exit_code == 2
    assert f"did you mean {command!r}?" in result.stderr


def test_what_is_like_nothing_is_refused_as_before(invoke):
    result = invoke("user", "xyzzy")

    assert result.exit_code == 2
    assert "No such command 'xyzzy'." in result.stderr
