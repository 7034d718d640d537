"""The operators' inbox: somebody writes to the bot, an operator answers in the browser."""

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser

PICTURE = Path(__file__).parent / "picture.png"
NewPerson = Callable[[str], int]


@pytest.fixture(autouse=True)
def patience():
    expect.set_options(timeout=20_000)


def writes(site: Any, person: int, text: str) -> None:
    """Sent and received: the menu counts when a page is opened, and only now and then later."""
    site.call("POST", f"/sandbox/people/{person}/send", {"text": text})
    pause = threading.Event()
    for _ in range(300):
        threads = site.call("GET", "/inbox?limit=200")["items"]
        if any(thread["chat"]["id"] == person and thread["unread"] for thread in threads):
            return
        pause.wait(0.1)
    pytest.fail(f"what {person} wrote did not arrive in 30 s")


def row_of(page: Page, name: str) -> Locator:
    return page.get_by_test_id("thread-row").filter(has_text=name)


def open_thread(page: Page, name: str) -> None:
    page.goto("/inbox")
    row_of(page, name).click()
    expect(page.locator("h1")).to_contain_text(name)


def test_an_answer_from_the_browser_reaches_the_phone(site, admin_page, new_person):
    page = admin_page
    person = new_person("Ingrid")
    page.goto("/inbox")
    writes(site, person, "Is there a rehearsal & a break on <Monday>?")
    row = row_of(page, "Ingrid")  # which comes by itself
    expect(row.get_by_test_id("unread")).to_contain_text("1")
    row.click()
    asked = page.get_by_test_id("thread-message").filter(has_text="on <Monday>?")
    expect(asked).to_have_attribute("data-direction", "in")
    page.get_by_test_id("reply-text").fill("Yes, at <8>")
    page.get_by_test_id("reply-send").click()
    answer = page.get_by_test_id("thread-message").filter(has_text="Yes, at <8>")
    expect(answer.get_by_test_id("message-state")).to_contain_text("sent")
    expect(page.get_by_test_id("reply-text")).to_have_value("")
    assert site.phone(person)[-1]["text"] == "Yes, at <8>"
    page.goto("/inbox")
    expect(row).to_contain_text("Yes, at <8>")
    expect(row.get_by_test_id("unread")).to_have_count(0)


def test_the_menu_counts_who_waits(site, admin_page, new_person):
    page = admin_page
    person = new_person("Wanda")
    writes(site, person, "Anybody there?")
    page.goto("/profile")
    waiting = page.get_by_test_id("inbox-waiting")
    expect(waiting).to_contain_text("unread")
    for thread in site.call("GET", "/inbox?limit=200")["items"]:
        if thread["chat"]["id"] != person:
            site.call("POST", f"/inbox/{thread['chat']['id']}/read")
    page.reload()
    expect(waiting).to_have_text("1unread")
    open_thread(page, "Wanda")
    expect(page.get_by_test_id("thread-message").first).to_be_visible()
    page.get_by_role("link", name="Profile").click()
    expect(waiting).to_have_count(0)


def test_an_answer_with_a_picture(site, admin_page, new_person):
    page = admin_page
    person = new_person("Priska")
    writes(site, person, "What does the hall look like?")
    open_thread(page, "Priska")
    page.get_by_test_id("reply-file").set_input_files(PICTURE)
    page.get_by_test_id("reply-text").fill("Like this")
    page.get_by_test_id("reply-send").click()
    answer = page.get_by_test_id("thread-message").filter(has_text="Like this")
    expect(answer.get_by_test_id("message-state")).to_contain_text("sent")
    image = answer.get_by_test_id("thread-image")
    expect(image).to_be_visible()
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    assert site.phone(person)[-1]["caption"] == "Like this"


def test_a_picture_from_a_phone_is_shown(site, admin_page, new_person):
    page = admin_page
    page.goto(f"/phones#person={new_person('Fiona')}")
    page.get_by_test_id("phone-input").fill("Is this yours?")
    page.get_by_test_id("phone-file").set_input_files(PICTURE)
    sent = page.get_by_test_id("phone-message").filter(has_text="Is this yours?")
    expect(sent).to_contain_text("photo")
    open_thread(page, "Fiona")
    message = page.get_by_test_id("thread-message").filter(has_text="Is this yours?")
    image = message.get_by_test_id("thread-image")
    expect(image).to_be_visible()
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0


def test_an_edited_message_keeps_what_it_said(site, admin_page, new_person):
    page = admin_page
    person = new_person("Edda")
    writes(site, person, "At eight")
    open_thread(page, "Edda")
    said = next(one for one in site.phone(person) if one["text"] == "At eight")
    edit = {"message_id": said["message_id"], "text": "At nine"}
    site.call("POST", f"/sandbox/people/{person}/edit", edit)
    message = page.get_by_test_id("thread-message").filter(has_text="At nine")
    expect(message).to_be_visible()
    message.get_by_test_id("edits").locator("summary").click()
    expect(message.get_by_test_id("edits")).to_contain_text("At eight")


def test_a_thread_is_assigned_labelled_noted_and_closed(site, admin_page, new_person):
    page = admin_page
    writes(site, new_person("Natasha"), "Which door?")
    open_thread(page, "Natasha")
    page.locator("#assignee").select_option(index=1)
    page.fill("#label", "door")
    page.get_by_test_id("label-add").click()
    expect(page.get_by_test_id("thread-labels")).to_contain_text("door")
    page.get_by_test_id("note-text").fill("Has a key")
    page.get_by_test_id("note-add").click()
    expect(page.get_by_test_id("note")).to_contain_text("Has a key")
    page.get_by_test_id("thread-status").click()
    expect(page.get_by_test_id("thread-status")).to_have_text("Reopen")
    page.goto("/inbox")
    expect(page.locator("main .loading-spinner")).to_have_count(0)
    expect(row_of(page, "Natasha")).to_have_count(0)
    page.get_by_test_id("thread-status-closed").check(force=True)
    page.get_by_test_id("thread-assigned").select_option("me")
    page.get_by_test_id("thread-label").select_option("door")
    expect(row_of(page, "Natasha")).to_contain_text("door")
    row_of(page, "Natasha").click()
    page.get_by_test_id("note").get_by_test_id("delete").click()
    page.get_by_test_id("confirm-delete").click()
    expect(page.get_by_test_id("note")).to_have_count(0)


def test_who_blocked_the_bot_cannot_be_answered(site, admin_page, new_person):
    page = admin_page
    person = new_person("Bruno")
    writes(site, person, "Bye")
    open_thread(page, "Bruno")
    expect(page.get_by_test_id("reply-text")).to_be_visible()
    site.call("POST", f"/sandbox/people/{person}/block", {})
    expect(page.get_by_test_id("thread-unreachable")).to_contain_text("blocked the bot")
    expect(page.get_by_test_id("reply-text")).to_have_count(0)


def test_a_ban_is_asked_about_and_lifted(site, admin_page, new_person):
    page = admin_page
    writes(site, new_person("Spyros"), "Buy my things")
    open_thread(page, "Spyros")
    page.get_by_test_id("thread-ban").click()
    page.get_by_test_id("confirm-ban").click()
    expect(page.get_by_test_id("thread-ban")).to_have_text("Unban")
    page.get_by_test_id("thread-ban").click()
    expect(page.get_by_test_id("thread-ban")).to_have_text("Ban")


def test_the_settings_are_kept_and_a_wrong_one_is_told(admin_page, trouble):
    trouble.expect("status of 4")
    page = admin_page
    page.goto("/inbox/settings")
    page.fill("#hours", "when I like")
    page.get_by_test_id("inbox-settings-form").locator("[type=submit]").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.fill("#hours", "Mon-Sun 00:00-24:00")
    page.fill("#reply-ru", "Мы ответим утром")
    page.get_by_test_id("inbox-settings-form").locator("[type=submit]").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.reload()
    expect(page.locator("#reply-ru")).to_have_value("Мы ответим утром")
    page.fill("#hours", "")
    page.get_by_test_id("inbox-settings-form").locator("[type=submit]").click()
    expect(page.get_by_text("Saved.")).to_be_visible()


def test_the_inbox_is_not_for_members(page):
    page.goto("/register")
    page.fill("#name", "Mona")
    page.fill("#email", "mona@example.org")
    page.fill("#password", "a long enough password")
    page.get_by_test_id("register-form").locator("[type=submit]").click()
    expect(page).to_have_url(re.compile("/messages$"))
    page.goto("/inbox")
    expect(page.locator("h1")).to_have_text("No access")
