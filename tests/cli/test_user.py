"""`appliance user …`"""

import pytest

from appliance.crud.accounts import users
from appliance.crud.chats import chats
from appliance.services.accounts.users import check_password

PASSWORD = "correct horse battery"
SHAPE = ["id", "email", "name", "role", "language", "disabled", "chat_id"]


@pytest.fixture
def add(database, invoke, password):
    def add(email, *words):
        result = invoke("user", "add", email, "--password-file", password, *words)
        assert result.exit_code == 0, result.stderr
        return result

    return add


def test_an_account_is_made(add, answer, database):
    assert add(" Ann@Example.org ").stdout == "Made user 1, ann@example.org (member).\n"
    (user,) = answer("user", "list")
    assert list(user) == SHAPE
    assert user == {
        "id": 1,
        "email": "ann@example.org",
        "name": "ann",
        "role": "member",
        "language": "en",
        "disabled": False,
        "chat_id": None,
    }
    with database.reading() as session:
        assert check_password(users.get(session, 1).password_hash, PASSWORD)


def test_password_from_standard_input(database, answer):
    made = answer(
        *("user", "add", "ann@example.org", "--name", "Ann B", "--role", "admin"),
        *("--password-file", "-"),
        input=f"{PASSWORD}\n",
    )
    assert (made["name"], made["role"]) == ("Ann B", "admin")


def test_found_by_id_or_address(add, answer, invoke):
    add("ann@example.org")
    assert answer("user", "show", 1) == answer("user", "show", "ANN@example.org")
    assert "ann@example.org" in invoke("user", "show", 1).stdout


def test_searched(add, answer, invoke):
    add("ann@example.org")
    add("bob@example.org")
    assert [user["email"] for user in answer("user", "list", "--search", "bob")] == [
        "bob@example.org"
    ]
    assert [user["id"] for user in answer("user", "list")] == [2, 1]
    assert invoke("user", "list", "--search", "nobody").output == "No user.\n"


@pytest.mark.parametrize(
    "words",
    [
        ("show", "99"),
        ("show", "nobody@example.org"),
        ("set-role", "99", "admin"),
        ("disable", "99"),
        ("enable", "99"),
        ("set-password", "99", "--password-file", "{password}"),
    ],
)
def test_an_unknown_one_is_one_line(database, invoke, refused, password, words):
    words = [word.format(password=password) for word in words]
    assert "there is no user" in refused(invoke("user", *words), 2)


def test_an_address_is_taken_once(add, invoke, refused, password):
    add("ann@example.org")
    result = invoke("user", "add", "ANN@example.org", "--password-file", password)
    assert "has an account already" in refused(result, 1)


@pytest.mark.parametrize(
    ("email", "secret"), [("ann", PASSWORD), ("a@b", "short"), ("a@b", "x" * 201)]
)
def test_what_is_no_account(database, invoke, refused, email, secret):
    result = invoke("user", "add", email, "--password-file", "-", input=secret)
    refused(result, 2)


def test_without_a_terminal_the_flag_is_named(database, invoke):
    result = invoke("user", "add", "ann@example.org")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--password-file is missing" in result.stderr


def test_roles_and_access(add, answer, invoke, refused):
    add("ann@example.org", "--role", "admin")
    add("bob@example.org")
    assert answer("user", "set-role", "bob@example.org", "operator")["role"] == "operator"
    assert answer("user", "disable", 2)["disabled"] is True
    assert invoke("user", "show", 2).stdout.count("yes") == 1
    assert answer("user", "enable", 2)["disabled"] is False
    assert invoke("user", "disable", 2).stdout == "bob@example.org is disabled now.\n"


@pytest.mark.parametrize("words", [("set-role", 1, "member"), ("disable", 1)])
def test_the_last_admin_stays(add, invoke, refused, words):
    add("ann@example.org", "--role", "admin")
    refused(invoke("user", *words), 1)


def test_a_new_password_ends_the_sessions(add, answer, database, tmp_path):
    add("ann@example.org")
    new = tmp_path / "new"
    new.write_text("another long one")
    answer("user", "set-password", 1, "--password-file", new)
    with database.reading() as session:
        user = users.get(session, 1)
    assert check_password(user.password_hash, "another long one")
    assert user.session_version == 1


def test_members_without_reachable_telegram(add, answer, database):
    add("alone@example.org")
    add("linked@example.org")
    with database.writing() as session:
        chats.remember(session, 7).user_id = 2
    assert [user["email"] for user in answer("user", "list", "--unreachable")] == [
        "alone@example.org"
    ]
    assert len(answer("user", "list")) == 2
