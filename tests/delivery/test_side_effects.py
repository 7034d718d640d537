"""What an answer changes besides its own row, by verdict and by what the call was for."""

import time
from collections.abc import Callable
from typing import NamedTuple

import pytest
from sqlalchemy.orm import Session

from appliance.crud import deliveries, settings
from appliance.crud.broadcasts import operations
from appliance.crud.chats import chats
from appliance.crud.messages import messages
from appliance.database import Database
from appliance.delivery.classify import Kind, Verdict
from appliance.delivery.coordinator import Coordinator
from appliance.delivery.jobs import Job, Moment, Result
from appliance.delivery.pacer import ChatPacer
from appliance.delivery.retry_policy import again
from appliance.models import DeliveryState, Message
from appliance.services import broadcasts as service
from appliance.services.broadcasts import NewBroadcast, changes
from appliance.services.inbox import settings as inbox_settings
from appliance.services.leases import Holding

GROUP, SUPERGROUP, PERSON = -5, -1005, 7
SOURCES = ("broadcast", "edit", "recall", "outbox")

VERDICTS = {
    "sent": Verdict(Kind.SENT, message_id=3),
    "gone": Verdict(Kind.GONE, "kicked", "Forbidden: bot was kicked"),
    "migrated": Verdict(Kind.MIGRATED, "migrated", "upgraded", migrate_to=SUPERGROUP),
    "refused": Verdict(Kind.REFUSED, "no_rights", "Bad Request: not enough rights"),
    "content": Verdict(Kind.CONTENT, "content", "Bad Request: BUTTON_URL_INVALID"),
    "server": Verdict(Kind.SERVER, "server_error", "Bad Gateway"),
    "unknown": Verdict(Kind.UNKNOWN, "no_answer", "timed out"),
}


class Effect(NamedTuple):
    """What became of the row, of the chat it is about, and of the operators' choice of it."""

    row: str
    chat: str
    operators: int | None = GROUP


@pytest.fixture
def coordinator(database: Database, lease: Holding) -> Coordinator:
    return Coordinator(database, lease, ChatPacer())


@pytest.fixture
def settle(coordinator: Coordinator) -> Callable[..., list[Job]]:
    """One transaction of the engine: what became of these jobs, and up to so many new ones."""

    def settle(results: list[Result], wanted: int) -> list[Job]:
        now = Moment(time.time(), time.monotonic())
        return coordinator.settle(results, wanted, None, "", now)

    return settle


@pytest.fixture
def claim(database: Database, settle: Callable[..., list[Job]]) -> Callable[[str, int], Job]:
    """`claim("edit", GROUP)`: a call of that kind to a chat, claimed."""
    with database.writing() as session:
        chats.remember(session, PERSON, first_name="Ann")
        group = chats.remember(session, GROUP, type="group", title="Desk")
        chats.set_approved(session, group, True, None)
        settings.put_setting(session, settings.OPERATORS, {"chat_id": GROUP})

    def claim(source: str, chat_id: int) -> Job:
        with database.writing() as session:
            if source == "outbox":
                messages.queue(session, chat_id, "sendMessage", {"text": "hi"}, text="hi")
            else:
                service.create(session, NewBroadcast("hi", to=(f"chat:{chat_id}",)))
        settle([], 0)
        (job,) = settle([], 1)
        if source in {"edit", "recall"}:
            settle([Result(job, Verdict(Kind.SENT, message_id=3))], 0)
            if source == "edit":
                changes.edit(database.writing, job.row, "test", text="new", format="plain")
            else:
                changes.recall(database.writing, job.row, "test")
            (job,) = settle([], 1)
        return job

    return claim


def effect_on(database: Database, source: str, row: int, chat_id: int) -> Effect:
    with database.reading() as session:
        chat, group = chats.get(session, chat_id), inbox_settings.chosen_group(session)
        return Effect(
            state_of(session, source, row),
            "unknown" if chat is None else str(chat.status),
            group and group.chat_id,
        )


def state_of(session: Session, source: str, row: int) -> str:
    """The word for the one line of a broadcast, message of an operation, row of the outbox."""
    if source == "broadcast":
        (state,) = deliveries.states_of(session, row)
        return state.word
    if source == "outbox":
        message = session.get(Message, row)
        assert message is not None
        assert message.state is not None
        return DeliveryState(message.state).word
    operation = operations.find(session, row)
    return "failed" if operation.failed else "done" if operation.done else "pending"


def spread(
    table: list[tuple[str, tuple[str, ...], Effect]],
) -> list[tuple[str, str, Effect]]:
    return [(verdict, source, effect) for verdict, sources, effect in table for source in sources]


GROUP_EFFECTS = [
    ("sent", ("broadcast", "outbox"), Effect("sent", "active")),
    ("sent", ("edit", "recall"), Effect("done", "active")),
    ("gone", ("broadcast", "outbox"), Effect("failed", "left", None)),
    ("gone", ("edit", "recall"), Effect("failed", "active")),
    ("migrated", ("broadcast", "outbox"), Effect("pending", "unknown", SUPERGROUP)),
    ("migrated", ("edit", "recall"), Effect("failed", "active")),
    ("refused", SOURCES, Effect("failed", "active")),
    ("content", SOURCES, Effect("failed", "active")),
    ("server", SOURCES, Effect("failed", "active")),
    ("unknown", ("broadcast", "outbox"), Effect("unknown", "active")),
    ("unknown", ("edit", "recall"), Effect("pending", "active")),
]


PERSON_EFFECTS = [
    ("sent", ("broadcast", "outbox"), Effect("sent", "active")),
    ("gone", ("broadcast", "outbox"), Effect("failed", "blocked")),
    ("gone", ("edit", "recall"), Effect("failed", "active")),
    ("refused", SOURCES, Effect("failed", "active")),
]


@pytest.mark.parametrize(
    ("chat_id", "verdict", "source", "effect"),
    [(GROUP, *row) for row in spread(GROUP_EFFECTS)]
    + [(PERSON, *row) for row in spread(PERSON_EFFECTS)],
)
def test_a_verdict_changes_the_row_the_chat_and_the_choice_of_a_group(
    chat_id: int,
    verdict: str,
    source: str,
    effect: Effect,
    claim: Callable[[str, int], Job],
    settle: Callable[..., list[Job]],
    database: Database,
) -> None:
    job = claim(source, chat_id)

    settle([Result(job, VERDICTS[verdict])], 0)

    assert effect_on(database, source, job.row, chat_id) == effect


@pytest.mark.parametrize("source", ["broadcast", "outbox"])
def test_a_message_to_a_group_that_has_migrated_goes_to_the_new_id(
    source: str,
    claim: Callable[[str, int], Job],
    settle: Callable[..., list[Job]],
    database: Database,
) -> None:
    job = claim(source, GROUP)

    settle([Result(job, VERDICTS["migrated"])], 0)

    with database.reading() as session:
        moved = chats.find(session, SUPERGROUP)
    assert (moved.status, moved.approved, moved.title) == ("active", True, "Desk")
    assert [(job.row, job.chat_id) for job in settle([], 1)] == [(job.row, SUPERGROUP)]


@pytest.mark.parametrize("source", SOURCES)
def test_what_is_tried_again_changes_nothing_else(
    source: str,
    claim: Callable[[str, int], Job],
    settle: Callable[..., list[Job]],
    database: Database,
) -> None:
    job = claim(source, GROUP)

    settle([again(job, "flood", time.monotonic() + 60)], 0)

    assert effect_on(database, source, job.row, GROUP) == Effect("pending", "active")
