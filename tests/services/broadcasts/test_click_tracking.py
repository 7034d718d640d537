"""Tracked links: what is rewritten, what a token says, and that nobody can make one up."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.config import Settings
from appliance.crud.broadcasts import click_tracking as broadcast_click_tracking
from appliance.errors import Invalid
from appliance.models import MAX_ID, Broadcast
from appliance.services import content
from appliance.services.broadcasts import click_tracking
from appliance.services.broadcasts.click_tracking import Signer, Tracker
from appliance.services.content import Composer, Person
from appliance.telegram import html

SECRET = "a-secret-for-tests-0123456789-0123456789"
SITE = "https://club.example"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

ids = st.integers(1, 2**48 - 1)
chats = st.integers(-MAX_ID, MAX_ID)


@given(ids, chats)
def test_a_token_says_what_it_was_made_of(link_id, chat_id):
    token = Signer(SECRET).sign(link_id, chat_id)
    assert len(token) == 40 and set(token) <= set(LETTERS)
    assert Signer(SECRET).read(token) == (link_id, chat_id)
    assert Signer(SECRET + "x").read(token) is None


@given(ids, chats, st.integers(0, 39), st.sampled_from(LETTERS))
def test_no_letter_of_a_token_can_be_another(link_id, chat_id, place, letter):
    token = Signer(SECRET).sign(link_id, chat_id)
    altered = token[:place] + letter + token[place + 1 :]
    assert (Signer(SECRET).read(altered) is None) == (altered != token)


@pytest.mark.parametrize("token", ["", "A" * 39, "A" * 40, "A" * 41, "é" * 40, "A" * 39 + "\n"])
def test_what_is_no_token(token):
    assert Signer(SECRET).read(token) is None


def broadcast(text: str, format: str = "html", **values: object) -> Broadcast:
    values = {"options": {"track": True}, "variants": {}, "media": [], **values}
    return Broadcast(id=7, text=text, format=format, **values)


def rewritten(made: Broadcast) -> tuple[Tracker, click_tracking.Message]:
    tracker = Tracker(
        SITE, SECRET, {url: n for n, url in enumerate(click_tracking.addresses(made), 1)}
    )
    return tracker, tracker.message(made)


def opened(url: str) -> click_tracking.Opened | None:
    assert url.startswith(f"{SITE}/r/")
    return Signer(SECRET).read(url.removeprefix(f"{SITE}/r/"))


def addresses_sent(body: bytes) -> list[str]:
    """Where the links of a message to Telegram lead."""
    params = json.loads(body)
    _, entities = html.parse(params["text"])
    keyboard = params.get("reply_markup", {}).get("inline_keyboard", [])
    buttons = [button["url"] for row in keyboard for button in row if "url" in button]
    return [entity.url for entity in entities if entity.url] + buttons


def test_every_recipient_has_links_of_their_own():
    buttons = [[{"text": "Go", "url": "https://b.example"}, {"text": "Chat", "url": "tg://x"}]]
    made = broadcast(
        'Read <a href="https://a.example/?x=1&amp;y=2">this</a> and <b>that</b>',
        options={"track": True, "buttons": buttons},
    )
    assert click_tracking.addresses(made) == ["https://a.example/?x=1&y=2", "https://b.example/"]
    tracker, message = rewritten(made)
    composer = Composer(message)
    for chat_id in (5, -100200):
        sent = addresses_sent(tracker.fill(composer.body_for(chat_id), chat_id))
        assert [opened(url) for url in sent[:2]] == [(1, chat_id), (2, chat_id)]
        assert sent[2] == "tg://x"


def test_placeholders_and_languages_go_together_with_it():
    made = broadcast(
        'Dear {first_name|friend}, <a href="https://a.example">read</a>',
        variants={"ru": '{first_name}, <a href="https://a.example">читайте</a> {{так}}'},
    )
    assert click_tracking.addresses(made) == ["https://a.example/"]
    tracker, message = rewritten(made)
    body = Composer(message).body_for(5, Person("Аня", None, None, "ru"))
    filled = tracker.fill(body, 5)
    assert "Аня" in json.loads(filled)["text"]
    assert [opened(url) for url in addresses_sent(filled)] == [(1, 5)]


@pytest.mark.parametrize(
    "tag",
    [
        "<a href='https://a.example'>",
        '<A href="https://a.example">',
        '<a title="x>y" href="https://a.example">',
        '<a\nhref="https://a.example" >',
        "<a href=a.example>",
    ],
)
def test_tags_are_read_as_telegram_reads_them(tag):
    _, message = rewritten(broadcast(f"a {tag}x</a> b"))
    text, (entity,) = html.parse(message.text)
    assert text == "a x b"
    assert entity.url is not None and entity.url.startswith(f"{SITE}/r/")


@pytest.mark.parametrize(
    "text",
    [
        '<a href="tg://user?id=7">Ann</a>',
        '<a href="https://a.example/?who={username}">x</a>',
        '<a href="ftp://a.example">x</a>',
        '<a href="nowhere">x</a>',
        "<a>https://a.example</a>",
        "https://a.example",
        f'<a href="https://a.example/{"x" * 2048}">x</a>',
        "<b x=\"<a href='https://a.example'>\">x</b>",
        '<code>&lt;a href="https://a.example"&gt;</code>',
        '<a href="https://a.example">broken',
    ],
)
def test_what_is_left_alone(text):
    made = broadcast(text)
    tracker = Tracker(SITE, SECRET, {"https://a.example/": 1})
    assert tracker.message(made).text == text


def test_plain_text_has_no_links_but_its_buttons_have():
    buttons = [[{"text": "Go", "url": "https://b.example"}]]
    made = broadcast('<a href="https://a.example">', "plain", options={"buttons": buttons})
    assert click_tracking.addresses(made) == ["https://b.example/"]
    _, message = rewritten(made)
    assert message.text == made.text


def test_the_fields_of_an_upload_and_an_edit():
    made = broadcast('<a href="https://a.example">x</a>')
    tracker, message = rewritten(made)
    fields = tracker.fill_fields({"caption": message.text, "chat_id": "5"}, 5)
    _, (entity,) = html.parse(fields["caption"])
    assert opened(str(entity.url)) == (1, 5)
    _, params = content.edit_call(message, 99)
    assert addresses_sent(tracker.fill(json.dumps(params).encode(), 5))


def test_a_broadcast_stores_its_links_once(database):
    with database.writing() as session:
        row = broadcast('<a href="https://a.example">x</a>', audience={"to": ["all"], "not": []})
        session.add(row)
        session.flush()
        assert click_tracking.tracker_for(session, SITE, SECRET, row) is not None
        row.text = '<a href="https://b.example">x</a> <a href="https://a.example">y</a>'
        assert click_tracking.tracker_for(session, SITE, SECRET, row) is not None
        found = [link.url for link in broadcast_click_tracking.by_link(session, row.id)]
        assert found == ["https://a.example/", "https://b.example/"]
        row.options = {}
        assert click_tracking.tracker_for(session, SITE, SECRET, row) is None


def test_a_site_that_nobody_finds_counts_nothing(home, settings):
    environ = {"SECRET_KEY": SECRET, "BOT_MODE": "polling"}
    at_home = Settings.load(home, environ=environ)
    with pytest.raises(Invalid, match="DOMAIN"):
        click_tracking.check(at_home, {"track": True})
    click_tracking.check(at_home, {})
    click_tracking.check(settings, {"track": True})  # the simulator's people are on this machine
    click_tracking.check(
        Settings.load(home, environ=environ | {"DOMAIN": "a.example"}), {"track": True}
    )


@pytest.mark.parametrize(
    ("agent", "previews"),
    [
        ("TelegramBot (like TwitterBot)", True),
        ("WhatsApp/2.23", True),
        ("facebookexternalhit/1.1", True),
        ("Mozilla/5.0 (compatible; Googlebot/2.1)", True),
        ("Mozilla/5.0 (Linux; Android 10; CUBOT X30) Chrome/120", False),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)", False),
        ("", False),
    ],
)
def test_previewers(agent, previews):
    assert click_tracking.is_previewer(agent) is previews
