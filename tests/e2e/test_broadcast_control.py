"""What is decided about a broadcast besides sending it: later, again, otherwise, not at all."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser

PICTURE = Path(__file__).parent / "picture.png"
SLOW_SECONDS = 8  # long enough to press a button meanwhile
WaitUntil = Callable[..., Any]


@pytest.fixture(autouse=True)
def patience():
    expect.set_options(timeout=20_000)


@pytest.fixture
def sent_to(site, wait_until):
    """A broadcast to one chat, at its end."""

    def sent_to(chat_id: int, text: str, **more: Any) -> int:
        audience = {"to": [f"chat:{chat_id}"]}
        body = {"text": text, "format": "html", "audience": audience, **more}
        number: int = site.call("POST", "/broadcasts", body)["id"]
        wait_until(
            lambda: site.call("GET", f"/broadcasts/{number}")["status"] == "done", timeout=30
        )
        return number

    return sent_to


def test_an_edit_changes_what_was_delivered(admin_page, new_person, sent_to):
    page = admin_page
    person = new_person("Edith")
    page.goto(f"/broadcasts/{sent_to(person, 'Rehearsal on <b>Thursday</b>')}")
    page.get_by_test_id("edit").click()
    text = page.get_by_test_id("composer-text")
    expect(text).to_have_value("Rehearsal on <b>Thursday</b>")
    text.fill("Rehearsal on <b>Friday")
    expect(page.get_by_test_id("fault-place")).to_have_text("line 1, column 14")
    expect(page.get_by_test_id("confirm-edit")).to_be_disabled()
    text.fill("Rehearsal on <b>Friday</b>")
    page.get_by_test_id("confirm-edit").click()
    operation = page.get_by_test_id("operation")
    expect(operation).to_contain_text("Edit: done")
    expect(operation).to_contain_text("1 of 1 edited")
    expect(page.get_by_test_id("event")).to_contain_text(["Edited"])
    expect(page.get_by_test_id("message-preview").locator("b")).to_have_text("Friday")
    message = newest_on_phone(page, person)
    expect(message.locator("b")).to_have_text("Friday")
    expect(message).to_contain_text("edited")


def test_an_edit_under_way_is_paused_and_resumed(site, admin_page, new_person, sent_to):
    page = admin_page
    person = new_person("Paula")
    page.goto(f"/broadcasts/{sent_to(person, 'At six')}")
    slow = {"kind": "latency", "chat_id": person, "count": 1, "seconds": SLOW_SECONDS}
    site.call("POST", "/sandbox/faults", slow)
    page.get_by_test_id("edit").click()
    page.get_by_test_id("composer-text").fill("At seven")
    page.get_by_test_id("confirm-edit").click()
    operation = page.get_by_test_id("operation")
    operation.get_by_test_id("operation-pause").click()
    expect(operation).to_contain_text("Edit: paused")
    operation.get_by_test_id("operation-resume").click()
    expect(operation).to_contain_text("Edit: done")
    expect(operation.get_by_role("button")).to_have_count(0)
    expect(page.get_by_test_id("event").filter(has_text="Paused")).to_have_count(1)
    expect(newest_on_phone(page, person)).to_contain_text("At seven")


def test_a_trial_waits_until_it_is_judged(site, admin_page, new_person):
    page = admin_page
    audience = {"to": [f"chat:{new_person(name)}" for name in ("Tria", "Trio")]}
    trial = {"canary": 1, "canary_wait": 600}
    body = {"text": "Just a trial", "format": "plain", "audience": audience, **trial}
    page.goto(f"/broadcasts/{site.call('POST', '/broadcasts', body)['id']}")
    badge = page.get_by_test_id("broadcast-canary")
    expect(badge).to_have_text("canary is waiting")
    expect(page.get_by_test_id("count-sent")).to_have_text("1")
    expect(page.get_by_test_id("count-pending")).to_have_text("1")
    page.get_by_test_id("broadcast-cancel").click()
    page.get_by_test_id("confirm-cancel").click()
    expect(page.get_by_test_id("broadcast-status")).to_have_text("cancelled")
    expect(badge).to_have_count(0)


def test_an_edit_keeps_the_texts_in_other_languages(site, admin_page, new_person, sent_to):
    page = admin_page
    number = sent_to(new_person("Edwin"), "Thursday", variants={"ru": "Четверг"})
    page.goto(f"/broadcasts/{number}")
    page.get_by_test_id("edit").click()
    page.get_by_role("dialog").get_by_text("Russian").click()
    expect(page.get_by_test_id("composer-text")).to_have_value("Четверг")
    page.get_by_test_id("composer-text").fill("Пятница")
    page.get_by_role("dialog").get_by_text("Default", exact=True).click()
    page.get_by_test_id("composer-text").fill("Friday")
    page.get_by_test_id("confirm-edit").click()
    expect(page.get_by_test_id("message-preview")).to_contain_text("Friday")
    assert site.call("GET", f"/broadcasts/{number}")["variants"] == {"ru": "Пятница"}


def test_a_recall_takes_it_back(admin_page, new_person, sent_to):
    page = admin_page
    person = new_person("Rebecca")
    page.goto(f"/broadcasts/{sent_to(person, 'Sent by mistake')}")
    page.get_by_test_id("recall").click()
    expect(page.get_by_test_id("recallable")).to_have_text("1 delivered message can be deleted.")
    page.get_by_test_id("confirm-recall").click()
    expect(page.get_by_test_id("operation")).to_contain_text("Recall: done")
    expect(page.get_by_test_id("event")).to_contain_text(["Recalled"])
    expect(page.get_by_test_id("edit")).to_have_count(0)  # there is nothing left to change
    expect(newest_on_phone(page, person)).to_have_text("deleted message")


def test_who_failed_is_sent_it_again(site, admin_page, new_person, sent_to):
    page = admin_page
    person = new_person("Frederick")
    words = "Bad Request: chat not found"
    refusal = {"kind": "400", "chat_id": person, "count": 1, "description": words}
    site.call("POST", "/sandbox/faults", refusal)
    page.goto(f"/broadcasts/{sent_to(person, 'Second try')}")
    expect(page.get_by_test_id("count-failed")).to_have_text("1")
    expect(page.get_by_test_id("reasons")).to_contain_text("chat not found")
    expect(page.get_by_test_id("chart")).to_be_visible()
    expect(page.get_by_test_id("retry-unknown")).to_have_count(0)
    page.get_by_test_id("retry-failed").click()
    expect(page.get_by_role("dialog")).to_contain_text("Send again to 1 recipient?")
    page.get_by_test_id("confirm-retry").click()
    expect(page.get_by_test_id("count-sent")).to_have_text("1")
    expect(page.get_by_test_id("retry-failed")).to_have_count(0)
    expect(page.get_by_test_id("event")).to_contain_text(["failed: 1"])


def test_a_broadcast_for_later_shows_its_time(admin_page, new_person):
    page = admin_page
    new_person("Lateef")
    year = (datetime.now(UTC) + timedelta(days=366)).year
    page.goto("/broadcasts/new")
    page.get_by_test_id("composer-text").fill("A happy new year")
    page.get_by_test_id("when-later").check(force=True)
    page.get_by_test_id("composer-send").click()
    expect(page.get_by_text("Choose the date and the time first.")).to_be_visible()
    page.get_by_test_id("composer-at").fill(f"{year}-12-31T18:30")
    page.get_by_test_id("composer-timezone").select_option("UTC")
    page.get_by_test_id("composer-send").click()
    expect(page.get_by_role("dialog")).to_contain_text(f"{year}-12-31 18:30 (UTC)")
    page.get_by_test_id("confirm-send").click()
    expect(page.get_by_test_id("broadcast-status")).to_have_text("scheduled")
    expect(page.get_by_test_id("starts-at")).to_contain_text(str(year))
    page.goto("/broadcasts")
    expect(page.get_by_test_id("broadcast-row").first).to_contain_text(f"Starts Dec 31, {year}")
    page.get_by_test_id("broadcast-row").first.click()
    page.get_by_test_id("broadcast-cancel").click()
    page.get_by_test_id("confirm-cancel").click()
    expect(page.get_by_test_id("broadcast-status")).to_have_text("cancelled")


def test_a_broadcast_whose_answer_was_lost_is_not_sent_twice(site, admin_page, new_person, trouble):
    page = admin_page
    person = new_person("Loretta")

    def lose(route):
        route.fetch()  # it has arrived
        route.abort()

    def send():
        page.get_by_test_id("composer-send").click()
        page.get_by_test_id("confirm-send").click()

    trouble.expect("ERR_FAILED")
    page.goto("/broadcasts/new")
    page.get_by_test_id("composer-text").fill("Once only")
    page.route("**/api/v1/broadcasts", lose)
    send()
    expect(page.get_by_text("The server is not responding.")).to_be_visible()
    page.unroute("**/api/v1/broadcasts")
    page.reload()
    expect(page.get_by_test_id("composer-text")).to_have_value("Once only")
    send()
    expect(page.get_by_test_id("broadcast-status")).to_have_text("done")
    assert [message["text"] for message in site.phone(person)].count("Once only") == 1


def test_a_picture_with_a_caption_in_two_languages(site, admin_page, new_person):
    page = admin_page
    person = new_person("Philippa")
    page.goto("/broadcasts/new")
    page.get_by_test_id("composer-text").fill("Our new hall")
    page.get_by_test_id("variant-ru").check(force=True)
    expect(page.get_by_test_id("composer-text")).to_have_value("")
    page.get_by_test_id("composer-text").fill("Наш новый зал")
    expect(page.get_by_test_id("message-preview")).to_contain_text("Наш новый зал")
    page.get_by_test_id("composer-file").set_input_files(PICTURE)
    expect(page.get_by_test_id("file")).to_contain_text("photo")
    expect(page.get_by_test_id("file").locator("progress")).to_have_count(0)
    to = page.get_by_test_id("audience-to")
    to.get_by_role("button", name="Remove “everyone”").click()
    to.get_by_test_id("audience-add").select_option("chat")
    to.get_by_test_id("search").fill("Philippa")
    to.get_by_test_id("audience-choice").first.click()
    expect(page.get_by_test_id("composer-count")).to_have_text("1 recipient")
    page.get_by_test_id("composer-send").click()
    page.get_by_test_id("confirm-send").click()
    expect(page.get_by_test_id("broadcast-status")).to_have_text("done")
    expect(page.get_by_test_id("message-preview-media")).to_contain_text("photo")
    message = newest_on_phone(page, person)
    expect(message).to_contain_text("photo")
    expect(message).to_contain_text("Our new hall")


def test_a_member_chooses_topics(
    site,
    admin_page,
    member_page,
    new_person,
    say_yes,
):
    admin_page.goto("/topics")
    admin_page.fill("#topic-name", "concerts")
    admin_page.fill("#topic-title", "Concerts")
    admin_page.get_by_test_id("topic-form").locator("[type=submit]").click()
    row = admin_page.get_by_test_id("topic-row").filter(has_text="Concerts")
    expect(row).to_contain_text("on by default")
    page, person = member_page("Tobias"), new_person("Tobias")
    page.goto("/telegram")
    page.get_by_test_id("link-offer").click()
    typed = page.get_by_test_id("link-code").inner_text()
    site.call("POST", f"/sandbox/people/{person}/send", {"text": typed})
    say_yes(person)
    choice = page.get_by_test_id("my-topics").get_by_role("switch", name="Concerts")
    expect(choice).to_be_checked()
    with page.expect_response("**/users/me/topics"):
        choice.uncheck()
    page.reload()
    expect(choice).not_to_be_checked()
    admin_page.goto("/topics")
    row.get_by_test_id("delete").click()
    admin_page.get_by_role("dialog").get_by_test_id("confirm-delete").click()
    expect(row).to_have_count(0)


def test_a_schedule_is_made_in_the_composer(admin_page):
    page = admin_page
    page.goto("/schedules")
    page.get_by_test_id("schedule-new").click()
    page.get_by_test_id("composer-text").fill("Bring your own cup")
    page.get_by_test_id("composer-send").click()
    expect(page.get_by_text("Name the schedule first.")).to_be_visible()
    page.fill("#schedule-name", "Cups")
    page.locator("#every").select_option("workday")
    page.fill("#time", "18:05")
    page.get_by_test_id("composer-timezone").select_option("Europe/Berlin")
    page.get_by_test_id("composer-send").click()
    expect(page.get_by_role("dialog")).to_contain_text("Create the schedule “Cups”?")
    page.get_by_test_id("confirm-send").click()
    row = page.get_by_test_id("schedule-row").filter(has_text="Cups")
    expect(row).to_contain_text("5 18 * * 1-5 · Europe/Berlin")
    row.get_by_test_id("delete").click()
    page.get_by_role("dialog").get_by_test_id("confirm-delete").click()
    expect(row).to_have_count(0)


def test_the_last_question_tells_of_the_time_before(site, admin_page, new_person, sent_to):
    page = admin_page
    first = sent_to(new_person("Planella"), "Once")
    page.goto("/broadcasts/new")
    page.get_by_test_id("composer-text").fill("Twice")
    to = page.get_by_test_id("audience-to")
    to.get_by_role("button", name="Remove “everyone”").click()
    to.get_by_test_id("audience-add").select_option("chat")
    to.get_by_test_id("search").fill("Planella")
    to.get_by_test_id("audience-choice").first.click()
    expect(page.get_by_test_id("composer-count")).to_have_text("1 recipient")
    page.get_by_test_id("composer-send").click()
    expect(page.get_by_test_id("plan")).to_contain_text(
        f"compared with broadcast {first} to the same recipients"
    )


def test_a_schedule_is_paused_and_deleted(site, admin_page):
    page = admin_page
    audience = {"to": ["all"]}
    template = {"text": "Rehearsal at eight", "audience": audience, "timezone": "Europe/Berlin"}
    site.call("POST", "/schedules", {"name": "Thursdays", "cron": "0 12 * * 4", **template})
    page.goto("/schedules")
    row = page.get_by_test_id("schedule-row").filter(has_text="Thursdays")
    expect(row.get_by_test_id("schedule-next")).to_contain_text("Next:")
    row.get_by_test_id("schedule-toggle").click()
    expect(row.get_by_test_id("schedule-next")).to_have_text("Paused")
    row.get_by_test_id("schedule-toggle").click()
    expect(row.get_by_test_id("schedule-next")).to_contain_text("Next:")
    row.get_by_test_id("delete").click()
    page.get_by_role("dialog").get_by_test_id("confirm-delete").click()
    expect(row).to_have_count(0)


def newest_on_phone(page: Page, person: int) -> Locator:
    page.goto(f"/phones#person={person}")
    message = page.get_by_test_id("phone-message").last
    expect(message).to_be_visible()
    return message
