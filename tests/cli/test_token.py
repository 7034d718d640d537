"""`appliance token …`: printed once, never an argument, ended at once."""

import json

import pytest

from appliance.models import utcnow
from appliance.services.accounts import tokens


@pytest.fixture
def ann(answer, database, password):
    return answer("user", "add", "ann@example.org", "--password-file", password)["id"]


def test_it_is_printed_alone_and_once(ann, invoke, database):
    words = ("--user", "ann@example.org", "--name", "disk check", "--scope", "notify")
    result = invoke("token", "create", *words)
    assert result.exit_code == 0
    (token,) = result.stdout.splitlines()
    assert "Token 1 of ann@example.org. It is not shown again" in result.stderr
    assert token not in result.stderr
    with database.reading() as session:
        assert tokens.authenticate(session, token, utcnow()).scopes == {"notify"}
    listed = invoke("token", "list").stdout + invoke("token", "list", "--json").stdout
    assert token not in listed and token[:8] in listed


def test_as_json(ann, answer):
    made = answer(
        *("token", "create", "--user", ann, "--name", "x", "--scope", "read"),
        *("--scope", "notify", "--expires-in-days", 30),
    )
    assert (made["scopes"], made["user"]) == (["notify", "read"], "ann@example.org")
    assert made["token"].startswith(made["hint"])
    assert made["expires_at"] > made["created_at"]
    (listed,) = answer("token", "list", "--user", ann)
    assert listed == {key: value for key, value in made.items() if key != "token"}


def test_quietly_it_is_the_token_still(ann, invoke):
    words = ("--user", ann, "--name", "x", "--scope", "read", "--quiet")
    result = invoke("token", "create", *words)
    assert result.stdout.startswith("apl_") and result.stderr == ""


def test_a_revoked_one_stays_in_the_list(ann, invoke, answer):
    token = answer("token", "create", "--user", ann, "--name", "x", "--scope", "read")["token"]
    assert "used never" in invoke("token", "list").stdout
    assert invoke("token", "revoke", 1).stdout == "Token 1 (x) is revoked.\n"
    assert answer("token", "revoke", 1)["revoked_at"]
    listed = invoke("token", "list").stdout
    assert "  revoked 20" in listed and token not in listed


def test_nothing_to_list(database, invoke):
    assert invoke("token", "list").output == "No token.\n"
    assert json.loads(invoke("token", "list", "--json").stdout) == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--user", "nobody@example.org", "--scope", "read"), 2),
        (("--user", "1", "--scope", "read", "--expires-in-days", "0"), 2),
    ],
)
def test_what_cannot_be_made(ann, invoke, refused, words, code):
    refused(invoke("token", "create", "--name", "x", *words), code)


@pytest.mark.parametrize("words", [(), ("--user", "1"), ("--user", "1", "--scope", "root")])
def test_usage(ann, invoke, words):
    assert invoke("token", "create", "--name", "x", *words).exit_code == 2


def test_revoking_what_is_not_there(database, invoke, refused):
    assert "no token 7" in refused(invoke("token", "revoke", 7), 2)
