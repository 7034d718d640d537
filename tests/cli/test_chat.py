"""`appliance chat list`, `import` and `export`"""

import json

import pytest

from appliance.crud.chats import chats
from appliance.models import ChatStatus
from support.people import add_chats


@pytest.fixture
def town(database):
    with database.writing() as session:
        chats.remember(session, 1, first_name="Ann", username="ann", language="ru")
        chats.remember(session, -5, type="group", title="Choir")
        chats.set_status(session, -5, ChatStatus.LEFT)


def test_the_shape(town, answer):
    assert answer("chat", "list", "--status", "active") == [
        {
            "chat_id": 1,
            "type": "private",
            "status": "active",
            "user_id": None,
            "name": "Ann",
            "username": "ann",
            "language": "ru",
            "approved": False,
            "banned": False,
        }
    ]


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ([], [-5, 1]),
        (["--limit", 1], [-5]),
        (["--status", "left"], [-5]),
        (["--status", "unreachable"], [-5]),
        (["--type", "group"], [-5]),
        (["--type", "channel"], []),
        (["--approved"], []),
        (["--linked"], []),
        (["--unlinked"], [-5, 1]),
        (["--search", "choir"], [-5]),
        (["--search", "-5"], [-5]),
    ],
)
def test_narrowed(town, answer, words, ids):
    assert [chat["chat_id"] for chat in answer("chat", "list", *words)] == ids


def test_for_people(town, invoke, database):
    assert invoke("chat", "list").stdout.splitlines() == [
        "-5  group    left    Choir",
        " 1  private  active  Ann",
    ]
    assert invoke("chat", "list", "--linked").output == "No chat.\n"


def test_an_admin_at_a_shell_decides(town, invoke, answer, database):
    assert invoke("chat", "approve", "-5").exit_code == 1  # the bot is gone from there
    with database.writing() as session:
        chats.set_status(session, -5, ChatStatus.ACTIVE)
    assert "  group    waiting  Choir" in invoke("chat", "list").stdout
    assert invoke("chat", "approve", "-5").stdout == "Choir may get broadcasts now.\n"
    assert [chat["chat_id"] for chat in answer("chat", "list", "--approved")] == [-5]
    assert answer("chat", "refuse", "-5")["approved"] is False
    assert invoke("chat", "approve", "1").exit_code == 1
    assert invoke("chat", "approve", "-77").exit_code == 2


@pytest.fixture
def members(tmp_path):
    """A list with two good rows and a bad one."""
    path = tmp_path / "members.csv"
    path.write_text("\ufeffchat_id,first_name,colour\n1,Eve,red\nx,Bob\n7,Анна\n", encoding="utf-8")
    return path


def test_a_list_is_taken_in(town, members, invoke):
    result = invoke("chat", "import", members)
    assert result.exit_code == 3
    assert result.stdout == "3 rows: 1 new, 0 filled in, 1 bad.\n"
    assert result.stderr.splitlines() == [
        "Columns nobody knows, left out: colour",
        "line 3: invalid chat_id 'x': expected a whole number",
    ]


def test_the_shape_of_an_import(town, members, invoke, answer):
    result = invoke("chat", "import", members, "--json")
    assert result.exit_code == 3
    assert json.loads(result.stdout) == {
        "rows": 3,
        "added": 1,
        "updated": 0,
        "bad": [{"line": 3, "reason": "invalid chat_id 'x': expected a whole number"}],
        "bad_count": 1,
        "dropped": [],
        "dropped_count": 0,
    }
    assert [chat["name"] for chat in answer("chat", "list")] == ["Choir", "Ann", "Анна"]


def test_a_list_from_standard_input_for_a_topic(database, answer):
    answer("topic", "add", "choir", "--off")
    report = answer("chat", "import", "-", "--topic", "choir", input="chat_id\n5\n6\n")
    assert (report["rows"], report["added"], report["bad_count"]) == (2, 2, 0)
    assert answer("topic", "list")[0]["subscribers"] == 2


def test_what_is_taken_without_a_cell_is_told(database, invoke):
    result = invoke("chat", "import", "-", "--id-column", "Nr", input="nr;timezone\n5;Moscow\n")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == "1 rows: 1 new, 0 filled in, 0 bad."
    assert "line 2: taken without this: unknown timezone 'Moscow'" in result.output


def test_no_list(database, members, tmp_path, invoke, refused):
    assert invoke("chat", "import", tmp_path / "none.csv").exit_code == 2
    assert "there is no topic x" in refused(invoke("chat", "import", members, "--topic", "x"), 2)
    result = invoke("chat", "import", "-", input="5,Ann\n")
    assert result.exit_code == 2
    assert "the names of the columns" in result.stderr


def test_export_is_what_import_takes(town, members, invoke, answer):
    invoke("chat", "import", members)
    exported = invoke("chat", "export")
    assert exported.exit_code == 0
    assert exported.stdout.splitlines() == [
        "chat_id,type,status,first_name,last_name,username,title,language,timezone,topics",
        "-5,group,left,,,,Choir,,,",
        "1,private,active,Ann,,ann,,ru,,",
        "7,private,active,Анна,,,,,,",
    ]
    again = answer("chat", "import", "-", input=exported.stdout)
    assert (again["rows"], again["added"], again["updated"]) == (3, 0, 0)
    rows = answer("chat", "export")
    assert [row["chat_id"] for row in rows] == [-5, 1, 7]
    assert rows[0]["topics"] == ""


def test_an_exported_name_is_no_formula_and_comes_back(database, invoke, answer):
    answer("topic", "add", "choir")
    answer("chat", "import", "-", input="chat_id,first_name,topics\n7,=1+1,-choir\n8,''-x,\n")
    exported = invoke("chat", "export").stdout
    assert exported.splitlines()[1:] == [
        "7,private,active,'=1+1,,,,,,'-choir",
        "8,private,active,''-x,,,,,,",
    ]
    before = answer("chat", "export")
    assert [chat["first_name"] for chat in before] == ["=1+1", "'-x"]
    again = answer("chat", "import", "-", input=exported)
    assert (again["rows"], again["updated"], again["bad_count"]) == (2, 0, 0)
    assert answer("chat", "export") == before


def test_a_lost_chat_is_listed_and_removed(database, answer, invoke, refused):
    with database.writing() as session:
        add_chats(session, 5, 6)
        for _ in range(3):
            chats.count_not_found(session, 5)

    assert [chat["chat_id"] for chat in answer("chat", "list", "--status", "lost")] == [5]
    assert [chat["chat_id"] for chat in answer("chat", "list", "--status", "unreachable")] == [5]
    assert answer("chat", "remove", "5")["removed"]
    assert [chat["chat_id"] for chat in answer("chat", "list")] == [6]
    assert "there is no chat 5" in refused(invoke("chat", "remove", "5"), 2)
