"""What every command shares."""

import getpass
import json

import pytest

from appliance.cli.context import Context, actor, write_json_array


def test_home_is_told_or_found(tmp_path, monkeypatch):
    assert Context(tmp_path).home == tmp_path
    monkeypatch.chdir(tmp_path)
    assert Context(None).home == tmp_path
    monkeypatch.setenv("APPLIANCE_HOME", "/srv/club")
    assert Context(None).home.as_posix() == "/srv/club"


def test_the_answer_goes_to_stdout(tmp_path, capsys):
    context = Context(tmp_path)
    context.emit({"a": "я"}, "text")
    context.remark("remark")
    assert capsys.readouterr() == ("text\n", "remark\n")


def test_json_is_one_document(tmp_path, capsys):
    context = Context(tmp_path)
    context.json = True
    context.emit({"a": "я"}, "text")
    out = capsys.readouterr().out
    assert json.loads(out) == {"a": "я"}
    assert "я" in out


def test_quiet_leaves_the_answer(tmp_path, capsys):
    context = Context(tmp_path)
    context.quiet = True
    context.remark("remark")
    context.emit({}, "text")
    context.emit({}, "")
    assert capsys.readouterr() == ("text\n", "")


def test_quiet_leaves_out_what_went_well_but_for_json(tmp_path, capsys):
    context = Context(tmp_path)
    context.report({}, "done")
    context.quiet = True
    context.report({}, "done")
    context.json = True
    context.report({}, "done")
    assert capsys.readouterr() == ("done\n{}\n", "")


def test_nobody_is_at_a_terminal_here(tmp_path):
    assert not Context(tmp_path).interactive
    assert not Context(tmp_path).progress


def test_a_user_without_a_name(monkeypatch):
    def nobody():
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert actor() == "cli"


@pytest.mark.parametrize("documents", [[], [{"name": "Анна"}], [1, "two", None]])
def test_a_long_answer_is_one_document(capsys, documents):
    write_json_array(iter(documents))
    written = capsys.readouterr().out
    assert json.loads(written) == documents
    assert written.endswith("]\n")
    assert "\\u" not in written
