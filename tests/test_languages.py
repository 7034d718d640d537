"""A language is there when its catalogue is: nothing in the code names it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

import appliance
from appliance.languages import CATALOGUES, LANGUAGES

PACKAGE = Path(appliance.__file__).parent

ASK = """
import json
from appliance.bot import keyboards, texts
from appliance.config import Settings
from appliance.errors import localized
from appliance.schemas.inbox import InboxSettings
from appliance.services.i18n.catalog import choose, phrase, translate

print(json.dumps({
    "names": texts.language_names(),
    "buttons": [button["text"] for row in keyboards.languages("eo")["inline_keyboard"]
                for button in row],
    "chosen": choose("eo-XX", "en"),
    "phrase": phrase("eo", "language_set"),
    "english": phrase("eo", "link_button"),
    "error": translate(localized("log in first"), "eo"),
    "replies": list(InboxSettings.model_json_schema()["$defs"]["InboxWords"]["properties"]),
}))
"""


def test_english_comes_first():
    assert LANGUAGES == ("en", "ru")
    assert CATALOGUES.keys() == {"ru"}


@pytest.mark.slow
def test_another_language_is_one_file(tmp_path):
    """In a copy of the package, because languages are looked for once."""
    unneeded = shutil.ignore_patterns("__pycache__", "static")
    copy = shutil.copytree(PACKAGE, tmp_path / "appliance", ignore=unneeded)
    esperanto = Catalog("eo")
    esperanto.add("English", "Esperanto", context="language_name")
    esperanto.add("I speak English with you now.", "Ni parolas Esperanton.", context="language_set")
    esperanto.add("log in first", "unue ensalutu")
    compiled = copy / "locales" / "eo" / "LC_MESSAGES" / "messages.mo"
    compiled.parent.mkdir(parents=True)
    with compiled.open("wb") as file:
        write_mo(file, esperanto)

    asked = [sys.executable, "-c", ASK]
    done = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "names": {"en": "English", "eo": "Esperanto", "ru": "Русский"},
        "buttons": ["English", "✓ Esperanto", "Русский"],
        "chosen": "eo",
        "phrase": "Ni parolas Esperanton.",
        "english": "🔗 Link my account",
        "error": "unue ensalutu",
        "replies": ["en", "eo", "ru"],
    }
