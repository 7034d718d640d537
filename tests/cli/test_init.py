"""`appliance init` at a shell. What it makes: tests/cli/test_setup.py."""

import json
import shlex
import stat

import pytest

from appliance.database import SCHEMA

WRONG_TOKEN = "100001:WRONG-wrong-wrong-wrong-wrong-wrong-wrong"


@pytest.fixture
def new_home(tmp_path):
    return tmp_path / "club"


@pytest.fixture
def init(invoke, new_home, password):
    """`init("--sandbox")`: with the address and the password of an admin."""

    def init(*words, home=new_home, **options):
        admin = ("--admin-email", "me@example.org", "--admin-password-file", password)
        return invoke("init", *admin, *words, home=home, **options)

    return init


def test_a_home_in_one_command(init, new_home):
    done = init("--sandbox")
    assert done.exit_code == 0
    assert done.stdout == f"{new_home} is ready. Start it: appliance --home {new_home} serve\n"
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == [
        f"made the database at schema {SCHEMA}",
        f"wrote {new_home}/.env (mode 0600)",
        "made the first admin",
    ]
    assert stat.S_IMODE((new_home / ".env").stat().st_mode) == 0o600
    again = init("--sandbox", "--json")
    assert json.loads(again.stdout) == {"home": str(new_home), "made": [], "admin": None}
    assert "nothing was changed" in init("--sandbox").stdout


def test_the_password_from_standard_input(invoke, new_home):
    words = ("--sandbox", "--admin-email", "me@example.org", "--admin-password-file", "-")
    done = invoke("init", *words, home=new_home, input="correct horse battery\n")
    assert done.exit_code == 0


@pytest.mark.parametrize(
    ("words", "flag"),
    [
        (("--sandbox",), "--admin-email"),
        (("--sandbox", "--admin-email", "me@example.org"), "--admin-password-file"),
        ((), "--bot-token-file"),
    ],
)
def test_without_a_terminal_the_missing_flag_is_named(invoke, new_home, words, flag):
    done = invoke("init", *words, home=new_home)
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"{flag} " in done.stderr
    assert not new_home.exists()


def test_a_wrong_token_is_one_line_and_nothing_is_written(
    init, refused, new_home, sandbox, tmp_path
):
    (tmp_path / "token").write_text(WRONG_TOKEN)
    done = init("--bot-token-file", tmp_path / "token", BOT_API_URL=sandbox.url)
    told = refused(done, 1)
    assert "token" in told
    assert WRONG_TOKEN not in told
    assert not new_home.exists()


def test_an_unreachable_bot_api_is_one_line(init, refused, new_home, port):
    done = init("--bot-token", WRONG_TOKEN, BOT_API_URL=f"http://127.0.0.1:{port}")
    assert f"cannot reach the Bot API at 127.0.0.1:{port}" in refused(done, 1)
    assert WRONG_TOKEN not in done.stderr
    assert not new_home.exists()


def test_a_home_that_cannot_be_made_is_one_line(init, refused, tmp_path):
    (tmp_path / "file").write_text("")
    assert "cannot make" in refused(init("--sandbox", home=tmp_path / "file" / "club"), 1)


@pytest.mark.parametrize(("content", "code"), [(None, 1), ("", 1), ("short", 2)])
def test_a_password_file_without_a_password(invoke, refused, new_home, tmp_path, content, code):
    path = tmp_path / "bad"
    if content is not None:
        path.write_text(content)
    words = ("--sandbox", "--admin-email", "me@example.org", "--admin-password-file", path)
    refused(invoke("init", *words, home=new_home), code)
    assert not new_home.exists()


@pytest.mark.parametrize("name", ["what?now=1", "per%41cent", "a#b c", "Клуб ñ"])
def test_a_home_of_any_name(init, invoke, tmp_path, name):
    home = tmp_path / name
    done = init("--sandbox", home=home)
    assert done.exit_code == 0
    assert f"appliance --home {shlex.quote(str(home))} serve" in done.stdout
    assert invoke("topic", "add", "news", home=home).exit_code == 0
    assert {path.name for path in tmp_path.iterdir()} == {name, "home", "password"}
    files = {path.name for path in (home / "data").iterdir()}
    assert {"database.db"} <= files <= {"database.db", "database.db-wal", "database.db-shm"}
    assert invoke("upgrade", "--json", home=home).exit_code == 0
    assert init("--sandbox", home=home).stdout.startswith(f"{home} is ready already")
