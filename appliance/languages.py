"""The languages the program speaks: English, and each that has a catalogue in `locales/`.

A language is added by its catalogue alone: CONTRIBUTING.md, "A language".
"""

from pathlib import Path

ENGLISH = "en"
"""The texts in the code are English: it needs no catalogue."""

CATALOGUES = {
    path.parent.parent.name: path
    for path in sorted((Path(__file__).parent / "locales").glob("*/LC_MESSAGES/messages.mo"))
}
"""The compiled catalogue of each other language, by its code."""

LANGUAGES = (ENGLISH, *CATALOGUES)
