"""Tracked links from the queue to the phone: each recipient's own, in sending and in editing."""

import json
from html.parser import HTMLParser

import pytest

from appliance.crud.broadcasts import click_tracking
from appliance.delivery.broadcast_calls import BroadcastCalls
from appliance.delivery.engine_config import EngineConfig
from appliance.delivery.operation_run import load
from appliance.services.broadcasts import NewBroadcast, audience_of, changes, create
from appliance.services.broadcasts.click_tracking import Signer
from support.people import add_chats

SECRET = "a-secret-for-tests-0123456789-0123456789"
CONFIG = EngineConfig(site_url="https://club.example", secret=SECRET)
TEXT = 'Dear {first_name}, <a href="https://a.example/?x=1&amp;y=2">read</a>'


class Links(HTMLParser):
    """The addresses of a message."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found += [value for name, value in attrs if name == "href"]


def read(url):
    return Signer(SECRET).read(url.removeprefix("https://club.example/r/"))


@pytest.fixture
def number(database):
    with database.writing() as session:
        add_chats(session, 1, 2)
        buttons = [[{"text": "Go", "url": "https://b.example"}]]
        options = {"track": True, "buttons": buttons}
        new = NewBroadcast(TEXT, "html", to=("all",), options=options)
        return create(session, new)[0].id


def test_letters_carry_each_ones_own_links(database, number):
    from appliance.crud.broadcasts import broadcasts
    from appliance.delivery.jobs import Moment

    now = Moment(1_800_000_000, 1.0)
    with database.writing() as session:
        calls = BroadcastCalls(session, broadcasts.get(session, number), CONFIG)
        jobs = calls.jobs(session, None, number, [(1, 0), (2, 0)], now)
        stored = {
            link.url: place for place, link in enumerate(click_tracking.by_link(session, number), 1)
        }
    assert list(stored) == ["https://a.example/?x=1&y=2", "https://b.example/"]
    for job in jobs:
        params = json.loads(job.body)
        assert params["text"].startswith(f"Dear P{job.chat_id}")
        (link,) = Links(params["text"]).found
        (((button,),),) = [params["reply_markup"]["inline_keyboard"]]
        assert read(link) == (1, job.chat_id)
        assert read(button["url"]) == (2, job.chat_id)


def test_an_edit_keeps_the_links_tracked(database, number):
    from appliance.crud import deliveries
    from appliance.crud.broadcasts import audience, broadcasts
    from appliance.crud.deliveries import DeliveryOutcome
    from appliance.delivery.jobs import Moment
    from appliance.models import DeliveryState, utcnow

    with database.writing() as session:
        row = broadcasts.get(session, number)
        audience.freeze(session, number, audience_of(row), None, 100, 1_800_000_000)
        broadcasts.add_frozen(session, number, 2, None, utcnow())
        deliveries.take(session, number, [1], 1_800_000_000)
        sent = DeliveryOutcome(1, DeliveryState.SENT, message_id=11)
        deliveries.record(session, number, [sent], 1_800_000_000)
    text = '<a href="https://c.example">new</a>'
    _, operation = changes.edit(database.writing, number, "x", text=text, format="html")
    assert operation is not None
    with database.writing() as session:
        run = load(session, operation.id, CONFIG)
        (job,) = run.exchange(session, [], 10, Moment(1_800_000_001, 1.0))
    (link,) = Links(json.loads(job.body)["text"]).found
    opened = read(link)
    with database.reading() as session:
        assert click_tracking.address_of(session, opened.link_id) == "https://c.example/"
    assert opened.chat_id == 1
