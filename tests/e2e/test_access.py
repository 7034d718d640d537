"""Ways in: codes typed to the bot, links from the bot, tokens for programs."""

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, Route, expect

pytestmark = pytest.mark.browser

PASSWORD = "a long enough password"
NewPerson = Callable[[str], int]
WaitUntil = Callable[..., Any]
LinkByCode = Callable[[Page, int], None]


@pytest.fixture(autouse=True)
def patience():
    expect.set_options(timeout=20_000)


@pytest.fixture
def code_of(site, wait_until):
    """What the bot gives a person who asks for a link to the site."""

    def code_of(person: int) -> str:
        site.call("POST", f"/sandbox/people/{person}/send", {"text": "/link"})
        link = re.compile(r"/link#([\w-]+)")

        def newest() -> str | None:
            found = link.findall(json.dumps(site.phone(person)))
            return found[-1] if found else None

        code: str = wait_until(newest, timeout=30)
        return code

    return code_of


def fill_registration(page: Page, name: str, email: str) -> None:
    page.fill("#name", name)
    page.fill("#email", email)
    page.fill("#password", PASSWORD)
    page.get_by_test_id("register-form").locator("[type=submit]").click()


def registered(page: Page, name: str, email: str) -> None:
    page.goto("/register")
    fill_registration(page, name, email)
    expect(page).to_have_url(re.compile("/messages$"))


@pytest.fixture
def link_by_typed_code(site, say_yes):
    """The page shows a code, the person types it to the bot and says yes."""

    def link(page: Page, person: int) -> None:
        page.goto("/telegram")
        page.get_by_test_id("link-offer").click()
        typed = page.get_by_test_id("link-code").inner_text()
        assert len(typed) < 12
        site.call("POST", f"/sandbox/people/{person}/send", {"text": typed.lower()})
        say_yes(person)
        expect(page.get_by_test_id("linked")).to_be_visible()

    return link


def test_a_code_typed_to_the_bot_links(page, new_person, link_by_typed_code):
    registered(page, "Tycho", "tycho@example.org")
    link_by_typed_code(page, new_person("Tycho"))
    expect(page.get_by_test_id("linked")).to_contain_text("Tycho")


def test_a_stranger_signs_up_with_a_link_from_the_bot(site, page, new_person, code_of):
    person = new_person("Sigrid")
    page.goto(f"/link#{code_of(person)}")
    expect(page.get_by_test_id("telegram-identity")).to_contain_text("Sigrid")
    page.get_by_test_id("link-register").click()
    expect(page.get_by_test_id("telegram-identity")).to_contain_text("Sigrid")
    fill_registration(page, "Sigrid", "sigrid@example.org")
    expect(page).to_have_url(re.compile("/telegram$"))
    expect(page.get_by_test_id("linked")).to_contain_text("Sigrid")


def test_a_member_logs_in_and_confirms_a_link_from_the_bot(page, open_page, new_person, code_of):
    registered(open_page(), "Lev", "lev@example.org")
    page.goto(f"/link#{code_of(new_person('Leo'))}")
    page.get_by_test_id("link-login").click()
    page.fill("#email", "lev@example.org")
    page.fill("#password", PASSWORD)
    page.get_by_test_id("login-form").locator("[type=submit]").click()
    form = page.get_by_test_id("claim-form")
    expect(form).to_contain_text("Leo")
    expect(form).to_contain_text("lev@example.org")
    form.locator("[type=submit]").click()
    expect(page.get_by_test_id("linked")).to_contain_text("Leo")


def test_a_wrong_code_is_explained(page, trouble):
    trouble.expect("status of 404")
    page.goto("/link")
    page.fill("#code", "no-such-code")
    page.get_by_test_id("code-form").get_by_role("button").click()
    expect(page.get_by_role("alert")).to_contain_text("wrong or has expired")


INIT_DATA = urlencode({"user": json.dumps({"first_name": "Eve", "username": "eve"}), "hash": "ab"})
MINI_APP = f"/#{urlencode({'tgWebAppData': INIT_DATA, 'tgWebAppVersion': '8.0'})}"


def test_a_mini_app_that_proves_nothing_is_refused(page, trouble):
    """The simulator's token is no secret, so nothing that is signed with it counts."""
    trouble.expect("status of 503")
    page.goto(MINI_APP)
    page.get_by_test_id("proof-enter").click()
    expect(page.get_by_role("status").last).to_contain_text("no Telegram bot")
    expect(page.get_by_test_id("home-register")).to_be_visible()
    assert "tgWebAppData" not in page.url


def test_a_mini_app_leads_a_stranger_on(page, new_person, code_of):
    answer = {"session": None, "code": code_of(new_person("Minna"))}
    page.route("**/api/v1/auth/telegram/miniapp", lambda route: route.fulfill(json=answer))
    page.goto(MINI_APP)
    page.get_by_test_id("proof-enter").click()
    expect(page.get_by_test_id("telegram-identity")).to_contain_text("Minna")


@pytest.fixture
def posted(page):
    """What the page has asked the server to change."""
    seen: list[str] = []
    page.on("request", lambda request: seen.append(f"{request.method} {request.url}"))
    return seen


def writes(posted: list[str]) -> list[str]:
    return [request for request in posted if not request.startswith("GET")]


def test_a_link_with_somebody_elses_data_logs_nobody_in(page, posted):
    page.goto(MINI_APP)
    asked = page.get_by_test_id("proof-entry")
    expect(asked).to_contain_text("Log in as Eve @eve?")
    assert "tgWebAppData" not in page.url
    page.get_by_test_id("proof-leave").click()
    expect(page.get_by_test_id("home-register")).to_be_visible()
    page.reload()
    expect(page.get_by_test_id("home-register")).to_be_visible()
    expect(asked).to_have_count(0)
    assert writes(posted) == []


def test_a_link_with_somebody_elses_data_ties_nobody(page, posted, new_person, code_of):
    registered(page, "Victor", "victor@example.org")
    posted.clear()
    page.goto(MINI_APP)
    asked = page.get_by_test_id("proof-entry")
    expect(asked).to_contain_text("Link the Telegram of Eve @eve?")
    expect(asked).to_contain_text("victor@example.org")
    assert writes(posted) == []
    answer = {"session": None, "code": code_of(new_person("Eve"))}
    page.route("**/api/v1/auth/telegram/miniapp", lambda route: route.fulfill(json=answer))
    page.get_by_test_id("proof-enter").click()
    expect(page.get_by_test_id("claim-form")).to_contain_text("Eve")  # and asks once more
    page.goto("/telegram")
    expect(page.get_by_test_id("link-offer")).to_be_visible()


EVE = {"id": 7, "first_name": "Eve", "username": "eve", "auth_date": 1767225600, "hash": "ab"}
WIDGET = f"/login#tgAuthResult={urlsafe_b64encode(json.dumps(EVE).encode()).decode()}"


def test_back_from_the_login_widgets_page(page, posted, new_person, code_of):
    page.goto(WIDGET)
    expect(page.get_by_test_id("proof-entry")).to_contain_text("Log in as Eve @eve?")
    assert page.url.endswith("/login")
    assert writes(posted) == []
    answer = {"session": None, "code": code_of(new_person("Eve"))}
    page.route("**/api/v1/auth/telegram/widget", lambda route: route.fulfill(json=answer))
    with page.expect_request("**/api/v1/auth/telegram/widget") as asked:
        page.get_by_test_id("proof-enter").click()
    assert asked.value.post_data_json == EVE
    expect(page.get_by_test_id("telegram-identity")).to_contain_text("Eve")


def test_what_the_login_widget_brings_proves_nothing_here(page, trouble):
    trouble.expect("status of 503")
    page.goto(WIDGET)
    page.get_by_test_id("proof-enter").click()
    expect(page.get_by_role("status").last).to_contain_text("no Telegram bot")
    expect(page.get_by_test_id("login-form")).to_be_visible()


def test_who_said_no_to_telegram_is_told_so(page):
    page.goto(f"/login#tgAuthResult={urlsafe_b64encode(b'false').decode()}")
    expect(page.get_by_test_id("telegram-refused")).to_contain_text("did not allow Telegram")
    assert "tgAuthResult" not in page.url


def test_the_login_widgets_button(page):
    """Where the site says so; the simulator's never does."""
    page.goto("/login")
    expect(page.get_by_test_id("login-form")).to_be_visible()
    expect(page.get_by_test_id("telegram-login")).to_have_count(0)
    address = "https://oauth.telegram.org/auth?bot_id=42"

    def change(route: Route) -> None:
        site = route.fetch().json()
        site["login"]["widget_url"] = address
        route.fulfill(json=site)

    page.route("**/api/v1/site", change)
    for path in ("/login", "/register"):
        page.goto("about:blank")
        page.goto(path)
        expect(page.get_by_test_id("telegram-login")).to_have_attribute("href", address)
    registered(page, "Wido", "wido@example.org")
    page.goto("/telegram")
    expect(page.get_by_test_id("link-elsewhere")).to_have_attribute("href", address)


def test_a_mini_app_proves_nothing_again_after_a_reload(
    page, new_person, posted, link_by_typed_code
):
    registered(page, "Ronja", "ronja@example.org")
    link_by_typed_code(page, new_person("Ronja"))
    posted.clear()
    page.goto(MINI_APP)
    expect(page).to_have_url(re.compile("/messages$"))
    expect(page.locator("h1")).to_be_visible()
    assert writes(posted) == []


def test_a_refusal_by_the_issuer_is_told_in_our_words(page):
    page.goto("/login#telegram=denied")
    expect(page.get_by_test_id("telegram-refused")).to_contain_text("did not allow Telegram")
    page.goto("/register#telegram=disabled")
    expect(page.get_by_test_id("telegram-refused")).to_contain_text("is disabled")
    page.goto("/login#telegram=Call+this+number")
    expect(page.get_by_test_id("telegram-refused")).not_to_contain_text("number")


def test_a_token_is_shown_once_works_and_is_revoked(
    site,
    page,
    new_person,
    wait_until,
    link_by_typed_code,
):
    registered(page, "Toki", "toki@example.org")
    person = new_person("Toki")
    link_by_typed_code(page, person)
    page.goto("/profile")
    page.get_by_test_id("tokens-open").click()
    page.fill("#token-name", "Backup")
    page.get_by_test_id("token-make").click()
    token = page.get_by_test_id("token-text").inner_text()
    assert token.startswith("apl_")
    row = page.get_by_test_id("token-row").filter(has_text="Backup")
    expect(row).to_contain_text("never used")
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "disk"}
    body = {"text": "disk full"}
    told = page.request.post("/api/v1/notify", data=body, headers=headers)
    assert told.status == 202, told.text()
    wait_until(lambda: "disk full" in (site.phone(person)[-1]["text"] or ""), timeout=30)

    def noted() -> bool:
        """A busy database leaves it to the next call to write that a token was used."""
        page.request.post("/api/v1/notify", data=body, headers=headers)
        tokens = site.call("GET", "/tokens?limit=200")["items"]
        return any(one["last_used_at"] for one in tokens if one["name"] == "Backup")

    wait_until(noted, timeout=30)
    page.reload()
    expect(row).to_contain_text("last used")
    expect(page.get_by_test_id("token-text")).to_have_count(0)
    row.get_by_test_id("token-revoke").click()
    page.get_by_test_id("confirm-revoke").click()
    expect(row).to_contain_text("revoked")


def test_an_admin_approves_a_group(site, admin_page, wait_until):
    page = admin_page
    site.call("POST", "/sandbox/chats", {"type": "supergroup", "title": "Second violins"})
    wait_until(lambda: site.call("GET", "/chats?type=group&q=violins")["items"], timeout=30)
    page.goto("/people/chats")
    page.get_by_test_id("chats-type").select_option("group")
    row = page.get_by_test_id("chat-row").filter(has_text="Second violins")
    expect(row.get_by_test_id("chat-approved")).to_have_text("gets no broadcasts")
    row.get_by_test_id("chat-approve").click()
    expect(row.get_by_test_id("chat-approved")).to_have_text("gets broadcasts")
    row.get_by_test_id("chat-approve").click()
    expect(row.get_by_test_id("chat-approved")).to_have_text("gets no broadcasts")
