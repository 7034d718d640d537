"""What documents quote of the site and the bot is what these say: a page, a button, an answer."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["README.md", *(f"docs/{name}.md" for name in ("quickstart", "bot", "inbox"))]
TRANSLATED = ["README.ru.md", *(f"docs/ru/{name}.md" for name in ("quickstart", "bot"))]
# Words of Telegram's own, and of a table.
OTHERS = {"Старт", "да", "нет"}


def quoted(name, marks):
    """In the marks of the language, or emphasised with an arrow: a way through the menu."""
    text = " ".join((ROOT / name).read_text(encoding="utf-8").split())
    ways = re.findall(r"\*([^*]+ → [^*]+)\*", text)
    return {*re.findall(marks, text), *(step for way in ways for step in way.split(" → "))}


def said(*files):
    return "\n".join(path.read_text(encoding="utf-8") for pattern in files for path in pattern)


@pytest.mark.parametrize("name", PAGES)
def test_english_words_are_those_of_the_site(name):
    texts = said((ROOT / "frontend/src/lib/i18n").glob("en*.ts"), [_phrases()])
    missing = [words for words in quoted(name, r"“([^”]+)”") if not _is_in(words, texts)]
    assert missing == []


@pytest.mark.parametrize("name", TRANSLATED)
def test_russian_words_are_those_of_the_site(name):
    catalogue = ROOT / "appliance/locales/ru/LC_MESSAGES/messages.po"
    texts = said((ROOT / "frontend/src/lib/i18n").glob("ru*.ts"), [catalogue])
    found = quoted(name, r"«([^»]+)»") - OTHERS
    assert [words for words in found if not _is_in(words, texts)] == []


def _phrases():
    return ROOT / "appliance/services/i18n/phrases.py"


def _is_in(words, texts):
    """Quotes inside quotes have other marks, and a number stands for a place in the text."""
    shown = re.sub(r" \d+$", "", words.replace("„", "«").replace("“", "»"))
    return re.search(rf"(?<!\w){re.escape(shown)}(?!\w)", texts) is not None
