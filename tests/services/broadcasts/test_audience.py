"""The words of an audience, and what a wrong one says."""

import pytest

from appliance.crud.chats import chats, topics
from appliance.errors import Invalid, NotFound
from appliance.models import MAX_ID, Role
from appliance.services.broadcasts import audience
from support.people import add_user


@pytest.fixture
def parse(database):
    def parse(to, exclude=()):
        with database.reading() as session:
            return audience.parse(session, to, exclude).as_dict()

    return parse


@pytest.fixture
def ann(database):
    with database.writing() as session:
        chats.remember(session, -5, type="group", title="Choir")
        topics.add(session, "news", "News")
        return add_user(session, role=Role.ADMIN).id


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("all", "all"),
        (" linked ", "linked"),
        ("unlinked", "unlinked"),
        ("user:ann@example.org", "user:{ann}"),
        ("user:ANN@example.org", "user:{ann}"),
        ("user:{ann}", "user:{ann}"),
        ("chat:-5", "chat:-5"),
        ("role:admin", "role:admin"),
        ("groups", "groups"),
        (" channels ", "channels"),
        ("topic:news", "topic:news"),
        ("lang:RU", "lang:ru"),
        ("lang:pt-BR", "lang:pt-br"),
    ],
)
def test_words(parse, ann, given, stored):
    expected = stored.format(ann=ann)
    assert parse([given.format(ann=ann)]) == {"to": [expected], "not": []}
    assert parse(["all"], [given.format(ann=ann)]) == {"to": ["all"], "not": [expected]}


def test_said_twice_it_counts_once(parse, ann):
    assert parse(["all", "all", "user:ann@example.org", f"user:{ann}"]) == {
        "to": ["all", f"user:{ann}"],
        "not": [],
    }


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("everybody", "invalid recipients"),
        ("", "invalid recipients"),
        ("all:x", "invalid recipients"),
        ("ALL", "invalid recipients"),
        ("user:", "invalid recipients"),
        ("topic:", "invalid recipients"),
        ("groups:all", "invalid recipients"),
        ("chat:five", "a whole number"),
        ("chat:--5", "a whole number"),
        ("chat:²", "a whole number"),
        ("chat:" + "9" * 5000, "a whole number"),
        (f"chat:{MAX_ID + 1}", "a whole number"),
        ("role:boss", "member, operator, admin"),
        ("lang:english!", "expected a language code"),
        ("lang:a-very-long-one", "expected a language code"),
        ("lang:-", "expected a language code"),
        ("lang:e", "expected a language code"),
    ],
)
@pytest.mark.parametrize("field", ["to", "not"])
def test_a_wrong_word_says_so(parse, word, told, field):
    with pytest.raises(Invalid, match=told) as caught:
        parse(*(([word],) if field == "to" else (["all"], [word])))
    (fault,) = caught.value.faults
    assert (fault.field, fault.message) == (f"audience.{field}", str(caught.value))


@pytest.mark.parametrize(
    "word", ["user:bob@example.org", "user:99", "chat:99", "topic:choir", "topic:News"]
)
def test_who_does_not_exist(parse, word):
    with pytest.raises(NotFound):
        parse([word])


def test_nobody_is_not_everybody(parse):
    with pytest.raises(Invalid, match="at least one of all, linked"):
        parse([], ["all"])
