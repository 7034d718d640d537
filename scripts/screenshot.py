"""Starts `appliance demo`, looks at it with Chromium, and writes the pictures of the documents.

The alternative text of each picture ends with the menu that it shows; tests/test_pictures.py
compares that with the product's, so that pictures of an older one are noticed.
"""

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

WIDE = {"width": 1240, "height": 860}
TALL = {"width": 1240, "height": 1180}  # down to the first recipients by name
TEXT = (
    "<b>Choir rehearsal</b> moves to <i>Thursday</i>, 19:00.\n\n"
    "Same place. Please bring the <u>new scores</u> and a pencil.\n"
    "<blockquote>Doors open at 18:30</blockquote>"
)
ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
# In `![What is seen. Menu: Messages, …](docs/images/x.png)` what stands before and after the menu.
MENU = re.compile(r"(!\[[^\]]*(?:Menu|Меню): )[^\]]*(\]\([^)]*images/)")
ARGUMENTS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]


def main(folder: Path) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("screenshot: Chromium is missing: sudo apt-get install chromium")
    folder.mkdir(parents=True, exist_ok=True)
    with demo() as shown, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, chromium_sandbox=False, args=ARGUMENTS
        )
        page = browser.new_page(
            base_url=shown["Site"], viewport=WIDE, device_scale_factor=2, locale="en-US"
        )
        log_in(page, shown)
        picture_of_results(page, folder / "results.png")
        picture_of_composer(page, folder / "composer.png")
        picture_of_phone(page, folder / "phone.png")
        note_menu(page)
        browser.close()


@contextmanager
def demo() -> Iterator[dict[str, str]]:
    """What the demo says of itself once its broadcast is over: Site, Admin, Password."""
    process = subprocess.Popen(
        [sys.executable, "-m", "appliance", "demo"], stderr=subprocess.PIPE, text=True
    )
    try:
        said: dict[str, str] = {}
        for line in process.stderr or ():
            word, _, rest = line.partition(" ")
            said[word] = rest.strip()
            if word == "Password":
                yield said
                return
        sys.exit("screenshot: the demo ended before it was ready")
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def log_in(page: Page, shown: dict[str, str]) -> None:
    page.goto("/login")
    page.fill("#email", shown["Admin"])
    page.fill("#password", shown["Password"])
    page.click("[data-testid=login-form] [type=submit]")
    page.wait_for_url("**/messages")


def picture_of_results(page: Page, file: Path) -> None:
    page.set_viewport_size(TALL)
    page.goto("/broadcasts/1")
    page.get_by_test_id("results-filter").select_option("failed")
    page.get_by_test_id("result-row").filter(has_text="failed").first.wait_for()
    page.screenshot(path=file)
    page.set_viewport_size(WIDE)


def picture_of_composer(page: Page, file: Path) -> None:
    page.goto("/broadcasts/new")
    page.get_by_test_id("format-html").check(force=True)
    page.get_by_test_id("composer-text").fill(TEXT)
    page.get_by_test_id("composer-add-button").click()
    page.get_by_label("Text 1").fill("Programme")
    page.get_by_label("Address 1").fill("https://choir.example/programme")
    page.get_by_test_id("message-preview").locator("blockquote").wait_for()
    page.evaluate("scrollTo(0, 0); document.activeElement.blur()")
    page.screenshot(path=file)


def picture_of_phone(page: Page, file: Path) -> None:
    page.goto("/phones")
    page.get_by_test_id("phone-search").fill("Florence")
    page.get_by_test_id("phone-person").first.click()
    page.get_by_test_id("phone-message").filter(has_text="Summer party").wait_for()
    page.screenshot(path=file)


def note_menu(page: Page) -> None:
    """Writes the menu as it is shown into the alternative texts."""
    items = page.locator("#menu li a").all_inner_texts()
    menu = ", ".join(item.splitlines()[0] for item in items)
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        document.write_text(MENU.sub(rf"\g<1>{menu}\2", text), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
