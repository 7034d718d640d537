"""The main job as people do it: register, link, press Start, send, read, see what happened."""

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

PASSWORD = "a long enough password"
TEXT = "Rehearsal moves to Thursday"


@pytest.fixture(autouse=True)
def patience():
    expect.set_options(timeout=20_000)


def test_from_registration_to_the_results(page, open_page, admin_state):
    email = "ann@example.org"
    register(page, "Ann Archer", email)
    link_by_simulated_phone(page, "Ann")
    admin = open_page(storage_state=admin_state)
    recipients = send_broadcast(admin, f"<b>{TEXT}</b> & bring a pencil".replace("&", "&amp;"))
    expect_on_phone(page, TEXT)
    expect_results(admin, recipients, "Ann")
    expect_in_inbox(page, TEXT)


def register(page: Page, name: str, email: str) -> None:
    page.goto("/")
    page.get_by_test_id("home-register").click()
    page.fill("#name", name)
    page.fill("#email", email)
    page.fill("#password", PASSWORD)
    page.get_by_test_id("register-form").locator("[type=submit]").click()
    expect(page).to_have_url(re.compile("/messages$"))


def link_by_simulated_phone(page: Page, first_name: str) -> None:
    page.get_by_role("link", name="Telegram", exact=True).click()
    page.get_by_test_id("link-offer").click()
    expect(page.get_by_test_id("link-qr")).to_be_visible()
    opened = page.get_by_test_id("link-open").get_attribute("href") or ""
    code = opened.partition("?start=")[2]
    page.get_by_test_id("link-phone").click()
    page.fill("#first-name", first_name)
    page.get_by_test_id("person-add").click()
    expect(page.get_by_test_id("phone-payload")).to_have_value(code)
    page.get_by_test_id("phone-start").click()
    page.get_by_test_id("inline-button").filter(has_text="Yes").click()
    expect(page.get_by_test_id("phone-messages")).to_contain_text("now linked")
    phone = page.url
    page.goto("/telegram")
    expect(page.get_by_test_id("linked")).to_contain_text(first_name)
    expect(page.get_by_test_id("link-status")).to_contain_text("You receive messages")
    page.goto(phone)


def send_broadcast(page: Page, html: str) -> int:
    page.goto("/broadcasts")
    page.get_by_test_id("broadcast-new").click()
    page.get_by_test_id("format-html").check(force=True)
    page.get_by_test_id("composer-text").fill(html)
    expect(page.get_by_test_id("message-preview").locator("b")).to_have_text(TEXT)
    shown = page.get_by_test_id("composer-count")
    expect(shown).to_have_text(re.compile(r"^[1-9]\d* recipients?$"))
    count = int(shown.inner_text().split()[0])
    page.get_by_test_id("composer-send").click()
    expect(page.get_by_role("dialog")).to_contain_text(f"exactly {count} recipient")
    page.get_by_test_id("confirm-send").click()
    return count


def expect_on_phone(page: Page, text: str) -> None:
    message = page.get_by_test_id("phone-message").filter(has_text=text)
    expect(message.locator("b")).to_have_text(text)


def expect_results(page: Page, recipients: int, name: str) -> None:
    expect(page.get_by_test_id("broadcast-status")).to_have_text("done")
    expect(page.get_by_test_id("count-sent")).to_have_text(str(recipients))
    expect(page.get_by_test_id("count-failed")).to_have_text("0")
    page.get_by_test_id("results-filter").select_option("sent")
    row = page.get_by_test_id("result-row").filter(has_text=name)
    expect(row).to_contain_text("sent")
    with page.expect_download() as download:
        page.get_by_test_id("report-csv").click()
    lines = download.value.path().read_text().splitlines()
    assert lines[0] == "chat_id,state,reason,attempts,message_id,updated_at"
    assert len(lines) == recipients + 1


def expect_in_inbox(page: Page, text: str) -> None:
    page.goto("/messages")
    expect(page.get_by_test_id("inbox-message").filter(has_text=text)).to_be_visible()
