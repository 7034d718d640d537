"""The pictures of the documents show the menu that the product has."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "frontend" / "src"
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)]*images/[^)]+)\)")
RENEW = "run scripts/screenshot, which takes the pictures anew and writes the menu into their texts"


def test_pictures_show_the_menu_of_the_product():
    shown = {
        f"{document.relative_to(ROOT)}: {file}": re.split(r"(?:Menu|Меню): ", text)[-1]
        for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
        for text, file in PICTURE.findall(document.read_text(encoding="utf-8"))
    }
    assert len(shown) >= 4
    menu = ", ".join(_menu())
    assert {place: listed for place, listed in shown.items() if listed != menu} == {}, RENEW


def test_every_picture_is_shown():
    documents = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    shown = {
        (document.parent / file).resolve()
        for document in documents
        for _, file in PICTURE.findall(document.read_text(encoding="utf-8"))
    }
    assert shown == set((ROOT / "docs" / "images").iterdir())


def _menu() -> list[str]:
    """As an admin of the demo sees it, in English."""
    source = (SOURCE / "layout" / "NavLinks.svelte").read_text(encoding="utf-8")
    texts = "\n".join(path.read_text(encoding="utf-8") for path in SOURCE.glob("lib/i18n/en*.ts"))
    words = dict(re.findall(r'"nav\.(\w+)": "([^"]+)"', texts))
    items = re.findall(r'\{ path: "[^"]+", icon: "(\w+)"', source)
    assert len(items) > 5
    return [words[item] for item in items]
