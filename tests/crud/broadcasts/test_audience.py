"""Who is in an audience, and who never is."""

import random

import pytest
from sqlalchemy import select, text
from sqlalchemy.dialects import sqlite

from appliance.crud import deliveries
from appliance.crud.broadcasts import audience
from appliance.crud.broadcasts.audience import Audience, Term
from appliance.crud.chats import topics
from appliance.models import Chat, ChatStatus, ChatType, Delivery, DeliveryState, Role

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
    know(GROUP, type=ChatType.SUPERGROUP, language="ru", approved=True)
    know(CHANNEL, type=ChatType.CHANNEL, approved=True)
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


def test_groups_and_channels_together(town, chosen, know):
    know(-101, type=ChatType.GROUP, approved=True)
    know(-102, type=ChatType.GROUP, status=ChatStatus.LEFT, approved=True)
    know(-103, type=ChatType.GROUP)
    assert chosen(["groups"]) == [-101, GROUP]
    assert chosen(["channels"]) == [CHANNEL]
    assert chosen(["groups", "channels", "linked"], ["chat:-101"]) == [CHANNEL, GROUP, 1, 2]
    assert chosen(["all"], ["groups"]) == [1, 2, 3, 4, 5]


def test_a_group_nobody_approved_is_no_destination(town, chosen, know, subscribe):
    know(-103, type=ChatType.GROUP)
    subscribe("news", on=[-103, GROUP], default_on=False)
    assert chosen(["chat:-103"]) == []
    assert chosen(["topic:news"]) == [GROUP]
    assert chosen(["chat:-103", "groups", "topic:news"]) == [GROUP]


@pytest.fixture
def subscribe(store):
    """`subscribe("news", on=[1], off=[2], default_on=False)` makes a topic with these choices."""

    def subscribe(name, on=(), off=(), **options):
        with store.writing() as session:
            topic = topics.add(session, name, name, **options)
            for chat_id in (*on, *off):
                topics.choose(session, topic.id, chat_id, chat_id in on)

    return subscribe


def test_a_topic_that_is_on_has_everybody_but_who_opted_out(town, chosen, subscribe):
    subscribe("news", on=[1], off=[2, 3])
    assert chosen(["topic:news"]) == [1, 4, 5]
    assert chosen(["all"], ["topic:news"]) == [2, 3]
    assert chosen(["topic:news"], ["lang:ru"]) == [4, 5]


def test_a_topic_that_is_off_has_who_asked_for_it(town, chosen, subscribe):
    subscribe("choir", on=[1, 2], off=[3], default_on=False)
    assert chosen(["topic:choir"]) == [1, 2]
    assert chosen(["all"], ["topic:choir"]) == [3, 4, 5]


def test_who_opted_out_is_in_through_no_other_word(town, chosen, subscribe):
    subscribe("news", off=[1, 2])
    subscribe("choir", on=[1, 3], off=[4], default_on=False)
    assert chosen(["all", "topic:news"]) == [3, 4, 5]
    assert chosen(["chat:1", "topic:news", "linked"]) == [3, 4, 5]
    assert chosen(["topic:choir", "topic:news"]) == [3, 5]
    assert chosen(["all", "topic:choir"]) == [1, 2, 3, 5]  # 2 and 5 said nothing
    assert chosen(["all"], ["topic:choir"]) == [2, 4, 5]  # left out, not written to


def test_a_group_gets_a_topic_when_it_was_subscribed(town, chosen, subscribe):
    subscribe("news", on=[GROUP])
    assert chosen(["topic:news"]) == [GROUP, 1, 2, 3, 4, 5]
    subscribe("choir", on=[CHANNEL], default_on=False)
    assert chosen(["topic:choir"]) == [CHANNEL]


@pytest.mark.parametrize("chat_id", [6, 7, 8])
def test_a_subscriber_who_cannot_be_written_to(town, chosen, subscribe, chat_id):
    subscribe("news", on=[chat_id], default_on=False)
    assert chosen(["topic:news"]) == []


def test_a_topic_that_is_gone_has_nobody(town, chosen):
    assert chosen(["topic:gone"]) == []
    assert chosen(["all", "topic:gone"], ["topic:gone"]) == [1, 2, 3, 4, 5]


@pytest.fixture
def frozen(store, announce, monkeypatch):
    """`frozen(audience, limit, search)`: the ledger's chats, and how many steps it took."""

    def frozen(wanted, limit, search=10_000):
        monkeypatch.setattr(audience, "ROWS_PER_LOOK", search)
        number, cursor, steps, written = announce(), None, 0, 0
        while cursor is not None or not steps:
            with store.writing() as session:
                rows, cursor = audience.freeze(session, number, wanted, cursor, limit, 0)
                written, steps = written + rows, steps + 1
        with store.reading() as session:
            chats = [row.chat_id for row in deliveries.iterate(session, number)]
        assert len(chats) == written
        return chats, steps

    return frozen


@pytest.mark.parametrize(("limit", "search"), [(1, 1), (2, 3), (3, 2), (5, 100), (100, 4)])
def test_a_search_goes_on_where_it_stopped(know, frozen, limit, search):
    know(*range(1, 40), language="en")
    know(*range(40, 43), language="ru")
    chats, steps = frozen(Audience((Term("lang", "ru"),)), limit, search)
    assert chats == [40, 41, 42]
    assert steps >= (42 // search if search < 42 else 1)


def test_named_chats_are_not_searched_for(know, frozen):
    know(*range(1, 40))
    assert frozen(Audience((Term("chat", "39"), Term("chat", "2"))), 5, search=1) == ([2, 39], 1)


WORDS = ("all", "linked", "unlinked", "groups", "channels", "lang:ru", "lang:en", "role:admin")
TOPICS = ("topic:news", "topic:choir")


def _is_in(word, chat, choices, defaults, roles):
    """The meaning of a word, said a second time without SQL."""
    kind, _, value = word.partition(":")
    person = chat.type == ChatType.PRIVATE
    return {
        "all": person,
        "linked": person and chat.user_id is not None,
        "unlinked": person and chat.user_id is None,
        "groups": chat.type in {"group", "supergroup"},
        "channels": chat.type == ChatType.CHANNEL,
        "lang": person and (chat.language or "").split("-")[0] == value,
        "role": person and roles.get(chat.user_id) == value,
        "chat": str(chat.id) == value,
        "topic": choices.get((value, chat.id), person and defaults.get(value)),
    }[kind]


@pytest.fixture
def crowd(store, know, enrol, subscribe):
    """Eighty chats of every kind, and what a model needs to know of them."""
    chance = random.Random(3)
    roles = {enrol(f"u{n}", role): role for n, role in enumerate([*Role] * 5)}
    free = list(roles)
    for n in range(1, 81):
        kind = chance.choice([ChatType.PRIVATE] * 4 + [*ChatType])
        person = kind == ChatType.PRIVATE
        linked = {"user_id": free.pop()} if person and free and chance.random() < 0.4 else {}
        know(
            n if person else -n,
            type=kind,
            status=chance.choice([ChatStatus.ACTIVE] * 6 + [*ChatStatus]),
            language=chance.choice(["ru", "en", "en-GB", None]),
            approved=chance.random() < 0.7,
            **linked,
        )
    with store.reading() as session:
        chats = session.scalars(select(Chat).order_by(Chat.id)).all()
    choices = {
        (name, chat.id): chance.random() < 0.5
        for name in ("news", "choir")
        for chat in chats
        if chance.random() < 0.5
    }
    for name, default in (("news", True), ("choir", False)):
        on = [chat for (topic, chat), wants in choices.items() if topic == name and wants]
        off = [chat for (topic, chat), wants in choices.items() if topic == name and not wants]
        subscribe(name, on, off, default_on=default)
    return chats, choices, {"news": True, "choir": False}, roles


@pytest.mark.slow
def test_the_count_shown_is_the_count_sent_to(store, crowd, frozen):
    """A hundred audiences by chance: counted, frozen in odd pieces, and found by a model."""
    chats, *facts = crowd
    choices = facts[0]
    chance = random.Random(4)
    for _ in range(100):
        pool = [*WORDS, *TOPICS * 3, f"chat:{chance.choice(chats).id}"]
        to = chance.sample(pool, chance.randint(1, 3))
        exclude = chance.sample(pool, chance.choice([0, 0, 1, 2]))
        expected = [
            chat.id
            for chat in chats
            if chat.status == ChatStatus.ACTIVE
            and (chat.type == ChatType.PRIVATE or chat.approved)
            and any(_is_in(word, chat, *facts) for word in to)
            and not any(_is_in(word, chat, *facts) for word in exclude)
            and all(choices.get((word[6:], chat.id), True) for word in to if word in TOPICS)
        ]
        wanted = Audience(*(tuple(map(_term, words)) for words in (to, exclude)))
        with store.reading() as session:
            shown = audience.count(session, wanted)
        sent, _ = frozen(wanted, chance.randint(1, 30), chance.randint(1, 30))
        assert (shown, sent) == (len(expected), expected), (to, exclude)


def test_the_ledger_is_written_without_sorting(database):
    """Chats are walked in the order of their ids; a choice is one look by primary key."""
    wanted = Audience((Term("all"), Term("topic", "news")), (Term("topic", "choir"),))
    query = select(Chat.id).where(audience.condition(wanted), Chat.id > 5).order_by(Chat.id)
    literal = query.limit(5000).compile(
        dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}
    )
    with database.reading() as session:
        plan = session.execute(text(f"EXPLAIN QUERY PLAN {literal}".replace(":", "\\:")))
        steps = [row.detail for row in plan]
    assert steps[0] == "SEARCH chats USING INTEGER PRIMARY KEY (rowid>?)"
    assert not [step for step in steps if "SCAN" in step or "TEMP B-TREE" in step]
    assert "SEARCH subscriptions USING PRIMARY KEY (topic_id=? AND chat_id=?)" in steps


@pytest.mark.parametrize("chat_id", [6, 7, 8])
def test_who_cannot_be_written_to_is_never_in(town, chosen, chat_id):
    """Not even by name: whoever said /stop meant it."""
    assert chosen([f"chat:{chat_id}", "all"]) == [1, 2, 3, 4, 5]


@pytest.fixture
def away(store, announce):
    """`away(to)`: the ledger's skipped lines, written in pieces of the ids up to 3 and after."""

    def away(*to):
        wanted, number = Audience(tuple(map(_term, to))), announce()
        with store.writing() as session:
            for after, end in ((None, 3), (3, None)):
                found = audience.freeze_unreachable(session, number, wanted, after, end, 5)
                rows = session.query(Delivery).filter_by(broadcast_id=number)
                lines = [row for row in rows if after is None or row.chat_id > after]
                assert sum(found.values()) == len(lines)
                assert {row.reason for row in lines} == set(found)
            rows = rows.order_by(Delivery.chat_id)
            assert {row.state for row in rows} <= {DeliveryState.SKIPPED}
            return [(row.chat_id, row.reason) for row in rows]

    return away


def test_members_out_of_reach_are_in_the_ledger(know, enrol, away, subscribe):
    names = ("ann", "bob", "eve", "joe", "sue")
    ann, bob, eve, joe, sue = (enrol(name) for name in names)
    know(1, user_id=ann, status=ChatStatus.BLOCKED, language="ru")
    know(2, status=ChatStatus.BLOCKED)  # no member: there is no web inbox
    know(3, user_id=bob, status=ChatStatus.STOPPED)
    know(4, user_id=eve, status=ChatStatus.NEW)
    know(5, user_id=joe)
    know(6, user_id=sue, status=ChatStatus.BLOCKED)
    subscribe("news", off=[6])
    stopped, new = (3, "chat_stopped"), (4, "chat_new")
    assert away("all") == [(1, "chat_blocked"), stopped, new, (6, "chat_blocked")]
    assert away("lang:ru") == [(1, "chat_blocked")]
    assert away("topic:news", "all") == [(1, "chat_blocked"), stopped, new]
    assert away("chat:4", "groups") == [(4, "chat_new")]


@pytest.mark.parametrize("code", ["%", "_", "e%"])
def test_a_language_is_no_pattern(town, chosen, code):
    assert chosen([f"lang:{code}"]) == []


def test_nobody_is_known(chosen):
    assert chosen(["all"]) == []


def test_as_document():
    wanted = Audience((Term("all"), Term("user", "3")), (Term("chat", "-5"),))
    assert wanted.as_dict() == {"to": ["all", "user:3"], "not": ["chat:-5"]}
