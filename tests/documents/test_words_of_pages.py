"""What documents quote of the site and the bot is what these say: a page, a button, an answer."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from appliance.services.i18n.phrases import PHRASES

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["README.md", *(f"docs/{name}.md" for name in ("quickstart", "bot", "inbox"))]
TRANSLATED = ["README.ru.md", *(f"docs/ru/{name}.md" for name in ("quickstart", "bot"))]
# Words of Telegram's own, and of a table.
OTHERS = {"Старт", "да", "нет"}
# A value of the site's dictionary, of one line or below its key; and the picture before a label.
_VALUE = re.compile(r':\s+"((?:[^"\\]|\\.)*)"')
_PICTURE = re.compile(r"^[^\w«“<{]+")


def quoted(name, marks):
    """In the marks of the language, or emphasised with an arrow: a way through the menu."""
    text = " ".join((ROOT / name).read_text(encoding="utf-8").split())
    ways = re.findall(r"\*([^*]+ → [^*]+)\*", text)
    return {*re.findall(marks, text), *(step for way in ways for step in way.split(" → "))}


def shown(language, phrases):
    """Every text of the site and of the bot, and of each what stands before its first gap."""
    files = (ROOT / "frontend/src/lib/i18n").glob(f"{language}*.ts")
    site = [text for file in files for text in _VALUE.findall(file.read_text(encoding="utf-8"))]
    texts = [_PICTURE.sub("", text) for text in (*site, *phrases)]
    return {*texts, *(text.split("{")[0].strip() for text in texts)}


@pytest.mark.parametrize("name", PAGES)
def test_english_words_are_those_of_the_site(name):
    texts = shown("en", (phrase.text for phrase in PHRASES.values()))
    assert missing(quoted(name, r"“([^”]+)”"), texts) == []


@pytest.mark.parametrize("name", TRANSLATED)
def test_russian_words_are_those_of_the_site(name):
    with (ROOT / "appliance/locales/ru/LC_MESSAGES/messages.po").open("rb") as file:
        entries = [entry.string for entry in read_po(file)]
    texts = shown("ru", (text for text in entries if isinstance(text, str)))
    assert missing(quoted(name, r"«([^»]+)»") - OTHERS, texts) == []


def test_a_part_of_a_text_is_not_that_text():
    texts = shown("ru", ["✅ Да, привязать"])
    assert missing(["Да, привязать", "не доставлено", "Рассылка 1"], texts) == []
    assert missing(["привязать", "не удалось"], texts) == ["привязать", "не удалось"]


def missing(quotes, texts):
    """Quotes inside quotes have other marks, and a number stands for a place in the text."""
    plain = {words: words.replace("„", "«").replace("“", "»") for words in quotes}
    return [words for words in quotes if re.sub(r" \d+$", "", plain[words]) not in texts]
