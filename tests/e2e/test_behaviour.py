"""What people rely on besides the main path: languages, faults with their place, errors, access."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def patience():
    expect.set_options(timeout=20_000)


def test_the_language_of_a_guest_is_remembered(page):
    page.goto("/login")
    page.get_by_test_id("language").select_option("ru")
    expect(page.locator("h1")).to_have_text("Вход")
    page.reload()
    expect(page.locator("h1")).to_have_text("Вход")
    expect(page.locator("html")).to_have_attribute("lang", "ru")


def test_the_first_language_is_the_browsers(open_page):
    page = open_page(locale="ru-RU")
    page.goto("/register")
    expect(page.locator("h1")).to_have_text("Регистрация")


def test_the_language_of_a_member_follows_the_account(page, open_page):
    page.goto("/register")
    page.fill("#name", "Olga")
    page.fill("#email", "olga@example.org")
    page.fill("#password", "a long enough password")
    page.get_by_test_id("register-form").locator("[type=submit]").click()
    expect(page.locator("h1")).to_have_text("Messages")
    with page.expect_response("**/users/me"):
        page.get_by_test_id("language").select_option("ru")
    elsewhere = open_page()
    elsewhere.goto("/login")
    elsewhere.fill("#email", "olga@example.org")
    elsewhere.fill("#password", "a long enough password")
    elsewhere.get_by_test_id("login-form").locator("[type=submit]").click()
    expect(elsewhere.locator("h1")).to_have_text("Сообщения")


def test_broken_html_is_marked_where_it_is_broken(admin_page):
    page = admin_page
    page.goto("/broadcasts/new")
    page.get_by_test_id("format-html").check(force=True)
    page.get_by_test_id("composer-text").fill("Hello 👋\nthis is <b>bold</i>")
    expect(page.get_by_test_id("fault-mark")).to_have_text("</i>")
    expect(page.get_by_test_id("fault-place")).to_have_text("line 2, column 16")
    page.get_by_test_id("fault-place").click()
    chosen = page.get_by_test_id("composer-text").evaluate(
        "area => area.value.slice(area.selectionStart, area.selectionEnd)"
    )
    assert chosen == "</i>"
    page.get_by_test_id("composer-send").click()
    expect(page.get_by_text("Fix the errors first.")).to_be_visible()
    expect(page.get_by_test_id("confirm-send")).not_to_be_visible()


def test_an_audience_is_built_from_words(admin_page):
    page = admin_page
    page.goto("/broadcasts/new")
    to = page.get_by_test_id("audience-to")
    to.get_by_role("button", name="Remove “everyone”").click()
    expect(to).to_contain_text("Choose at least one group")
    to.get_by_test_id("audience-add").select_option("user")
    to.get_by_test_id("search").fill("admin")
    to.get_by_test_id("audience-choice").first.click()
    leave_out = page.get_by_test_id("audience-not")
    leave_out.get_by_test_id("audience-add").select_option("lang")
    with page.expect_request("**/broadcasts/preview") as asked:
        leave_out.get_by_test_id("audience-value").select_option("ru")
    words = asked.value.post_data_json["audience"]
    assert words == {"to": ["user:admin@example.org"], "not": ["lang:ru"]}


def test_a_draft_survives_leaving_the_page(admin_page):
    page = admin_page
    page.goto("/broadcasts/new")
    page.get_by_test_id("composer-text").fill("Not finished yet")
    expect(page.get_by_test_id("message-preview")).to_contain_text("Not finished yet")
    page.get_by_role("link", name="People", exact=True).click()
    page.go_back()
    expect(page.get_by_test_id("composer-text")).to_have_value("Not finished yet")


def test_a_wrong_password_is_told_beside_the_field(page, trouble):
    trouble.expect("status of 401")
    page.goto("/login")
    page.fill("#email", "nobody@example.org")
    page.fill("#password", "wrong wrong wrong")
    page.get_by_test_id("login-form").locator("[type=submit]").click()
    expect(page.locator("#password-fault")).to_contain_text("the password is wrong")
    page.get_by_test_id("language").select_option("ru")
    page.get_by_test_id("login-form").locator("[type=submit]").click()
    expect(page.locator("#password-fault")).to_contain_text("неверный адрес почты или пароль")


def test_a_taken_address_is_told_beside_the_field(page, trouble):
    trouble.expect("status of 409")
    page.goto("/register")
    page.fill("#name", "Second")
    page.fill("#email", "admin@example.org")
    page.fill("#password", "a long enough password")
    page.get_by_test_id("register-form").locator("[type=submit]").click()
    expect(page.locator("#email-fault")).to_be_visible()


def test_a_guest_is_sent_to_log_in_and_back(page):
    page.goto("/people?q=admin")
    expect(page).to_have_url(re.compile(r"/login\?next="))
    page.fill("#email", "admin@example.org")
    page.fill("#password", "correct horse battery")
    page.get_by_test_id("login-form").locator("[type=submit]").click()
    expect(page.get_by_test_id("search")).to_have_value("admin")


def test_a_theme_is_remembered(page):
    page.goto("/login")
    page.get_by_test_id("theme").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_blocked_bot_shows_on_the_phone(admin_page):
    page = admin_page
    page.goto("/phones")
    page.fill("#first-name", "Boris")
    page.get_by_test_id("person-add").click()
    page.get_by_test_id("phone-start").click()
    expect(page.get_by_test_id("phone-message").nth(1)).to_be_visible()
    page.get_by_test_id("phone-block").click()
    expect(page.get_by_test_id("phone-blocked")).to_be_visible()
    page.get_by_test_id("phone-block").click()
    expect(page.get_by_test_id("phone-blocked")).not_to_be_visible()
