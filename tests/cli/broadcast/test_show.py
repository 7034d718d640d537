"""`appliance broadcast show`: what scripts read, and what people do."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from appliance.crud.broadcasts import click_tracking, events
from appliance.crud.deliveries import DeliveryOutcome
from appliance.models import DeliveryState
from appliance.services.broadcasts import changes
from support.broadcasts import FIELDS, deliver


@pytest.fixture
def number(answer, known, database):
    """A broadcast that failed for 1, is unknown for 2, reached 3; it was edited and clicked."""
    number = answer("broadcast", "hello")["id"]
    with database.writing() as session:
        row = deliver(
            session,
            number,
            DeliveryOutcome(1, DeliveryState.FAILED, "timeout"),
            DeliveryOutcome(2, DeliveryState.UNKNOWN, "timeout"),
            DeliveryOutcome(3, DeliveryState.SENT, message_id=77),
        )
        row.note = "canary: of 3 people 2 failed or blocked the bot"
    changes.edit(database.writing, number, "cli:ann", text="new", format="plain")
    with database.writing() as session:
        events.add(session, number, "engine", "canary_failed")
        link_id = click_tracking.remember(session, number, ["https://a.example/"])[
            "https://a.example/"
        ]
        click_tracking.count_click(session, link_id, 3)
        click_tracking.count_click(session, link_id, 3)
    return number


WORDS = ("recalled", "text", "format", "variants")


def test_what_scripts_rely_on_stays_in_its_order(answer, number):
    document = answer("broadcast", "show", number)
    assert tuple(document) == (*FIELDS, "operations", "events", "numbers", *WORDS)
    assert document["operations"][0]["kind"] == "edit"
    assert [event["actor"] for event in document["events"]][1:] == ["cli:ann", "engine"]
    assert document["events"][0]["action"] == "create"
    assert document["numbers"]["clicks"] == 2


def test_what_people_read(invoke, number):
    lines = [
        " ".join(line.split()) for line in invoke("broadcast", "show", number).stdout.split("\n")
    ]
    failed, unknown = lines.index("Failed 1"), lines.index("Unknown 1")
    assert lines[failed + 1] == lines[unknown + 1] == "timeout 1"
    assert "https://a.example/ 2 by 1" in lines
    assert "canary: of 3 people 2 failed or blocked the bot" in lines
    assert "Edit is running: 0 of 1 edited" in lines
    assert any(line.endswith("edit by cli:ann") for line in lines)


def test_nobody_knows_it(invoke, database, refused):
    assert "there is no broadcast 9" in refused(invoke("broadcast", "show", 9), 2)


def test_the_text_and_times_by_the_clock_of_people(invoke, answer, number):
    began = answer("broadcast", "show", number)["created_at"]
    shown = invoke("broadcast", "show", number, TIMEZONE="Asia/Tokyo").stdout
    at = datetime.fromisoformat(began).astimezone(ZoneInfo("Asia/Tokyo"))
    assert f"{at:%Y-%m-%d %H:%M:%S}" in shown
    assert shown.endswith("\nnew\n")
    assert f"{at:%Y-%m-%d %H:%M}" in invoke("broadcast", "list", TIMEZONE="Asia/Tokyo").stdout


def test_what_was_recalled_says_so(invoke, answer, number):
    invoke("broadcast", "recall", number, "--yes")
    assert answer("broadcast", "show", number)["recalled"] is True
    assert "recalled" in invoke("broadcast", "show", number).stdout.splitlines()[0]
    assert "  recalled  " in invoke("broadcast", "list").stdout
