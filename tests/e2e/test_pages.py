"""Every page: reachable by its address, free of accessibility faults, as narrow as a phone."""

from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

pytestmark = pytest.mark.browser

AXE = files("axe_playwright_python").joinpath("axe.min.js")

GUEST_PAGES = ["/", "/register", "/login", "/link"]
PAGES = [
    "/messages",
    "/telegram",
    "/profile",
    "/profile/tokens",
    "/inbox",
    "/inbox/settings",
    "/people",
    "/people/chats",
    "/broadcasts",
    "/broadcasts/new",
    "/broadcasts/1",
    "/topics",
    "/schedules",
    "/status",
    "/phones",
    "/no/such/page",
]


@pytest.fixture(scope="module", autouse=True)
def content(site, wait_until):
    """Somebody to see on the lists, one of whom cannot be reached, and a broadcast."""
    crowd = {"count": 5, "start": True, "blocked": 1, "seed": 7}
    site.call("POST", "/sandbox/people", crowd)
    wait_until(lambda: site.call("GET", "/chats?status=blocked")["items"], timeout=30)
    audience = {"to": ["all"], "not": []}
    draft = {"text": "<b>Hello</b> <code>x</code>", "format": "html", "audience": audience}
    site.call("POST", "/broadcasts", draft)
    site.call("POST", "/topics", {"name": "rehearsals", "title": "Rehearsals"})
    weekly = {**draft, "name": "Weekly news", "cron": "0 18 * * 5", "timezone": "Europe/Berlin"}
    site.call("POST", "/schedules", weekly)


@pytest.fixture(scope="module")
def conversation(site, wait_until):
    """Somebody who wrote and got an answer, with a label and a note."""
    person: int = site.call("POST", "/sandbox/people", {"first_name": "Wren"})["id"]
    site.call("POST", f"/sandbox/people/{person}/start", {})
    site.call("POST", f"/sandbox/people/{person}/send", {"text": "word" * 40})
    wait_until(lambda: site.call("GET", "/inbox?q=Wren")["items"], timeout=30)
    site.call("POST", f"/inbox/{person}/reply", {"text": "https://example.org/" + "long" * 30})
    site.call("PATCH", f"/inbox/{person}", {"labels": ["a label"]})
    site.call("POST", f"/inbox/{person}/notes", {"text": "A note"})
    return person


@pytest.fixture
def english_again(site):
    """The choice of a language is the account's, which the next test shares."""
    yield
    site.call("PATCH", "/users/me", {"language": "en"})


# Two frames on, the new theme is painted; a colour seen half-way through a change is no fault.
SETTLED = """async () => {
    for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
    await Promise.allSettled(document.getAnimations()
        .filter((one) => one.effect.getTiming().iterations !== Infinity)
        .map((one) => one.finished));
}"""

OpenAt = Callable[..., Page]


@pytest.fixture
def open_at(open_page, admin_state):
    """Opens an address anew, as a guest or as the admin, and waits until its content is there."""

    def open_at(path: str, **options: Any) -> Page:
        if path not in GUEST_PAGES:
            options["storage_state"] = admin_state
        page = open_page(**options)
        page.goto(path)
        expect(page.locator("h1")).to_be_visible(timeout=20_000)
        expect(page.locator("main .loading-spinner")).to_have_count(0, timeout=20_000)
        return page

    return open_at


@pytest.mark.parametrize("path", GUEST_PAGES + PAGES)
def test_an_address_opens_its_page_anew(open_at, path):
    page = open_at(path)
    title = page.locator("h1").inner_text()
    page.reload()
    expect(page.locator("h1")).to_have_text(title)
    assert (path == "/no/such/page") == page.get_by_test_id("not-found").is_visible()


@pytest.mark.parametrize("path", GUEST_PAGES + PAGES)
def test_a_page_has_no_serious_accessibility_fault(open_at, path):
    assert violations(open_at(path, color_scheme="light")) == []


def test_a_phone_in_use_has_no_serious_accessibility_fault(open_at):
    page = open_at("/phones")
    page.get_by_test_id("phone-person").first.click()
    expect(page.get_by_test_id("phone-message").first).to_be_visible(timeout=20_000)
    assert violations(page) == []


def test_a_conversation_has_no_serious_accessibility_fault(open_at, conversation):
    page = open_at(f"/inbox/{conversation}")
    expect(page.get_by_test_id("message-state").first).to_be_visible(timeout=20_000)
    assert violations(page) == []


def test_a_conversation_fits_a_narrow_phone(open_at, conversation):
    page = open_at(f"/inbox/{conversation}", viewport={"width": 360, "height": 740})
    expect(page.get_by_test_id("thread-message").first).to_be_visible(timeout=20_000)
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


@pytest.mark.parametrize("path", GUEST_PAGES + PAGES)
def test_a_page_fits_a_narrow_phone(open_at, path, english_again):
    page = open_at(path, viewport={"width": 360, "height": 740})
    for language in ("en", "ru"):
        page.get_by_test_id("language").select_option(language)
        expect(page.locator("html")).to_have_attribute("lang", language)
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_the_last_choice_of_a_language_counts(site, open_at, english_again):
    """Also when what was chosen before it takes longer on the way."""
    page, held = open_at("/messages"), list[Route]()

    def hold_first(route: Route) -> None:
        if held or route.request.method != "PATCH":
            route.continue_()
        else:
            held.append(route)

    page.route("**/api/v1/users/me", hold_first)
    with page.expect_request(lambda request: request.method == "PATCH"):
        page.get_by_test_id("language").select_option("en")
    page.get_by_test_id("language").select_option("ru")
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    with page.expect_response(lambda answer: "ru" in (answer.request.post_data or "")):
        held[0].continue_()
    assert site.call("GET", "/users/me")["language"] == "ru"
    expect(page.locator("html")).to_have_attribute("lang", "ru")


def violations(page: Page) -> list[str]:
    """Serious and critical ones in both themes, with the first place of each."""
    page.evaluate(AXE.read_text())  # not add_script_tag: the site's CSP rightly refuses it
    return [*_violations(page, "light"), *_violations(page, "dark")]


def _violations(page: Page, theme: str) -> list[str]:
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.evaluate(SETTLED)
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
    return [
        f"{theme} {one['id']}: {one['nodes'][0]['html'][:200]} {one['nodes'][0]['failureSummary']}"
        for one in found
        if one["impact"] in {"serious", "critical"}
    ]
