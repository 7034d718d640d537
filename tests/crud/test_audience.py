"""Who is in an audience, and who never is."""

import pytest
from sqlalchemy import select

from appliance.crud import audience
from appliance.crud.audience import Audience, Term
from appliance.models import Chat, ChatStatus, ChatType, Role

GROUP, CHANNEL = -100, -200


@pytest.fixture
def town(know, enrol):
    """People 1 to 8, a group and a channel; the ids of the users behind 1 and 2."""
    ann, bob = enrol("ann", Role.ADMIN), enrol("bob")
    know(1, user_id=ann, language="ru")
    know(2, user_id=bob, language="en-GB")
    know(3, language="en")
    know(4, language=None)
    know(5, language="enx")
    know(6, status=ChatStatus.STOPPED, language="ru")
    know(7, status=ChatStatus.BLOCKED)
    know(8, status=ChatStatus.LEFT)
    know(GROUP, type=ChatType.SUPERGROUP, language="ru")
    know(CHANNEL, type=ChatType.CHANNEL)
    return ann, bob


@pytest.fixture
def chosen(store):
    """`chosen(["all"], ["lang:ru"])`: chat ids, which `count` must agree with."""

    def chosen(to, exclude=()):
        wanted = Audience(*(tuple(_term(word) for word in words) for words in (to, exclude)))
        with store.reading() as session:
            rows = session.scalars(
                select(Chat.id).where(audience.condition(wanted)).order_by(Chat.id)
            ).all()
            assert audience.count(session, wanted) == len(rows)
        return list(rows)

    return chosen


def _term(word):
    kind, _, value = word.partition(":")
    return Term(kind, value)


@pytest.mark.parametrize(
    ("to", "exclude", "chats"),
    [
        (["all"], [], [1, 2, 3, 4, 5]),
        (["linked"], [], [1, 2]),
        (["unlinked"], [], [3, 4, 5]),
        (["linked", "unlinked"], [], [1, 2, 3, 4, 5]),
        (["role:admin"], [], [1]),
        (["role:operator"], [], []),
        (["lang:ru"], [], [1]),
        (["lang:en"], [], [2, 3]),
        (["lang:en", "role:admin"], [], [1, 2, 3]),
        (["all", "all", "chat:3"], [], [1, 2, 3, 4, 5]),
        (["all"], ["lang:ru"], [2, 3, 4, 5]),
        (["all"], ["lang:en"], [1, 4, 5]),
        (["all"], ["linked"], [3, 4, 5]),
        (["all"], ["role:admin", "chat:4"], [2, 3, 5]),
        (["all"], ["unlinked", "linked"], []),
        (["linked"], ["all"], []),
    ],
)
def test_words(town, chosen, to, exclude, chats):
    assert chosen(to, exclude) == chats


def test_a_user_is_his_chat(town, chosen, enrol):
    ann, bob = town
    assert chosen([f"user:{ann}"]) == [1]
    assert chosen(["all"], [f"user:{bob}"]) == [1, 3, 4, 5]
    assert chosen([f"user:{enrol('carl')}"]) == []  # has no chat


def test_groups_and_channels_only_when_they_are_named(town, chosen):
    assert chosen([f"chat:{GROUP}"]) == [GROUP]
    assert chosen([f"chat:{CHANNEL}", "lang:ru"]) == [CHANNEL, 1]
    assert chosen([f"chat:{GROUP}"], ["all"]) == [GROUP]
    assert chosen([f"chat:{GROUP}", "all"], [f"chat:{GROUP}"]) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("chat_id", [6, 7, 8])
def test_who_cannot_be_written_to_is_never_in(town, chosen, chat_id):
    """Not even by name: whoever said /stop meant it."""
    assert chosen([f"chat:{chat_id}", "all"]) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("code", ["%", "_", "e%"])
def test_a_language_is_no_pattern(town, chosen, code):
    assert chosen([f"lang:{code}"]) == []


def test_nobody_is_known(chosen):
    assert chosen(["all"]) == []


def test_as_document():
    wanted = Audience((Term("all"), Term("user", "3")), (Term("chat", "-5"),))
    assert wanted.as_dict() == {"to": ["all", "user:3"], "not": ["chat:-5"]}
