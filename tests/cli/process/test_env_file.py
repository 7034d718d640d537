"""`.env`: names that nobody reads and modes that are too open are told, and no error."""

import pytest

from appliance.cli.process.env_file import oddities


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("SEND_RAET", "did you mean SEND_RATE?"),
        ("send_rate", "did you mean SEND_RATE?"),
        ("SECRETKEY", "did you mean SECRET_KEY?"),
        ("BOT_TOKEN_FIEL", "did you mean BOT_TOKEN_FILE?"),
        ("POSTGRES_PASSWORD", "is no setting of this program"),
    ],
)
def test_unknown_names(home, name, told):
    with (home / ".env").open("a") as file:
        file.write(f"{name}=5\n")
    (line,) = oddities(home)
    assert line.startswith(f"{home}/.env: {name} is no setting")
    assert line.endswith(told)


def test_what_is_known(home, tmp_path):
    with (home / ".env").open("a") as file:
        file.write("BOT_TOKEN_FILE=/x\nSEND_RATE=5\nTIMEZONE=\n")
    assert oddities(home) == []
    assert oddities(tmp_path) == []


@pytest.mark.parametrize(("mode", "count"), [(0o600, 0), (0o640, 0), (0o644, 1), (0o660, 1)])
def test_modes(home, mode, count):
    (home / ".env").chmod(mode)
    lines = oddities(home)
    assert len(lines) == count
    assert all(f"(mode {mode:04o}): chmod 600 {home}/.env" in line for line in lines)


@pytest.mark.parametrize(
    "words", [("status",), ("init",), ("serve", "--sandbox", "--host", "nowhere.invalid")]
)
def test_they_are_told(home, database, invoke, words):
    (home / ".env").chmod(0o644)
    with (home / ".env").open("a") as file:
        file.write("SEND_RAET=5\n")
    told = invoke(*words).stderr
    assert "open to others" in told
    assert "did you mean SEND_RATE?" in told


def test_they_are_told_before_what_they_caused(home, database, invoke):
    text = (home / ".env").read_text(encoding="utf-8").replace("SECRET_KEY", "SECRET_KYE")
    (home / ".env").write_text(text, encoding="utf-8")
    result = invoke("status")
    assert result.exit_code == 1
    assert "did you mean SECRET_KEY?" in result.stderr


def test_quiet_leaves_them_out(home, database, invoke):
    (home / ".env").chmod(0o644)
    assert invoke("chat", "list", "--quiet").stderr == ""
