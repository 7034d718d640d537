"""Creating and previewing. What is decided later: test_changes.py."""

from datetime import UTC, datetime, timedelta

import pytest

from appliance.crud.broadcasts import broadcasts as crud
from appliance.crud.broadcasts.audience import Audience, Term
from appliance.crud.chats import chats
from appliance.errors import Invalid, KeyReused, NotFound, NothingToDo
from appliance.models import utcnow
from appliance.services import broadcasts
from appliance.services.broadcasts import NewBroadcast

NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
ALL = NewBroadcast("hello", to=("all",))


@pytest.fixture
def count(database):
    def count():
        with database.reading() as session:
            return len(crud.list_page(session, 100))

    return count


def test_created(create, people):
    row, created = create(
        "<b>x</b>",
        format="html",
        to=("lang:en", "all"),
        exclude=("chat:3",),
        options={"silent": True},
        key="k",
    )
    assert created
    assert (row.status, row.text, row.format, row.key) == ("scheduled", "<b>x</b>", "html", "k")
    assert row.audience == {"to": ["lang:en", "all"], "not": ["chat:3"]}
    assert row.options == {"silent": True}
    assert broadcasts.audience_of(row) == Audience(
        (Term("lang", "en"), Term("all")), (Term("chat", "3"),)
    )


def test_a_key_creates_once(create, people, count):
    first, created = create(key="k")
    again, created_again = create(key="k")
    with pytest.raises(KeyReused, match="“hello”; this is “something else”"):
        create("something else", key="k")
    assert (created, created_again) == (True, False)
    assert (again.id, again.text) == (first.id, "hello")
    assert count() == 1


def test_a_used_key_is_answered_even_when_the_rest_is_wrong_now(create, people, database):
    """A script that is run again: its audience may be empty by now."""
    first, _ = create(key="k")
    with database.writing() as session:
        for chat_id in (1, 2, 3):
            chats.find(session, chat_id).status = "stopped"
    assert create(key="k")[0].id == first.id


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"text": ""}, Invalid),
        ({"text": "<b>", "format": "html"}, Invalid),
        ({"format": "markdown"}, Invalid),
        ({"options": {"x": 1}}, Invalid),
        ({"key": ""}, Invalid),
        ({"key": "k" * 256}, Invalid),
        ({"to": ()}, Invalid),
        ({"to": ("nobody",)}, Invalid),
        ({"to": ("chat:99",)}, NotFound),
        ({"to": ("linked",)}, NothingToDo),
        ({"exclude": ("all",)}, NothingToDo),
    ],
)
def test_what_is_refused_is_not_stored(create, people, count, values, error):
    with pytest.raises(error):
        create(**values)
    assert count() == 0


def test_nobody_to_write_to(create, count):
    with pytest.raises(NothingToDo, match="nothing was queued"):
        create()


# Times


def test_the_times_are_stored(create, people):
    starts_at = utcnow() + timedelta(days=1)
    row, _ = create(starts_at=starts_at, max_late=600, quiet=" 22:00-8:00 ")
    assert (row.status, row.starts_at, row.max_late) == ("scheduled", starts_at, 600)
    assert row.quiet == "22:00-08:00"


def test_late_is_half_an_hour_unless_said(create, people):
    assert create(starts_at=utcnow())[0].max_late == 1800
    assert create()[0].max_late is None


def test_what_is_over_is_refused_unless_its_key_was_used(create, people, count):
    over = utcnow() - timedelta(hours=1)
    with pytest.raises(Invalid, match="has already passed"):
        create(starts_at=over, key="k")
    create(starts_at=over, max_late=7200, key="k")
    assert not create(starts_at=over, key="k")[1]
    assert count() == 1


def test_every_fault_of_the_times_is_told(create, people, count):
    with pytest.raises(Invalid) as caught:
        create(starts_at=utcnow(), max_late=1, quiet="night")
    assert [fault.field for fault in caught.value.faults] == ["max_late", "quiet"]
    assert count() == 0


# Preview


def test_a_preview_counts_and_shows(database, settings, people):
    with database.reading() as session:
        shown = broadcasts.preview(session, settings, NewBroadcast("<i>x</i>", "html", ("all",)))
    assert (shown.length, shown.limit, shown.count, shown.faults) == (1, 4096, 3, ())
    assert shown.seconds == 0.1  # 3 at 30 a second
    assert "x" in shown.html


@pytest.mark.parametrize(
    ("new", "fields"),
    [
        (NewBroadcast("<b>", "html"), ["text", "audience.to"]),
        (NewBroadcast("x", "odd", ("user:99",)), ["format", "audience"]),
        (NewBroadcast("\0\ud800", to=("all",), options={"x": 1}), ["text", "options.x"]),
        (
            NewBroadcast("x", to=("all",), starts_at=NOW - timedelta(days=999), quiet="x"),
            ["at", "quiet"],
        ),
    ],
)
def test_a_preview_lists_faults_and_never_raises(database, settings, people, new, fields):
    with database.reading() as session:
        shown = broadcasts.preview(session, settings, new)
    assert [fault.field for fault in shown.faults] == fields
