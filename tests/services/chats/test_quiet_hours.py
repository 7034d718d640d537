"""/quiet: which words mean what, and when it is quiet."""

from datetime import UTC, datetime

import pytest

from appliance.errors import Invalid
from appliance.services.chats import quiet_hours

NIGHT = datetime(2026, 9, 1, 20, 30, tzinfo=UTC)  # 22:30 in Berlin


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("off", None),
        ("Выкл", None),
        ("always", "always"),
        ("всегда", "always"),
        ("night", "22:00-08:00"),
        ("ночью", "22:00-08:00"),
        ("9:00-17:30", "09:00-17:30"),
        (" 23:00 — 07:00 ", "23:00-07:00"),
    ],
)
def test_words(text, kept):
    assert quiet_hours.parse(text) == kept


@pytest.mark.parametrize("text", ["", "later", "22-8", "24:30-08:00", "22:00-22:00", "\0" * 99])
def test_no_hours(text):
    with pytest.raises(Invalid, match="expected HH:MM-HH:MM"):
        quiet_hours.parse(text)


@pytest.mark.parametrize(
    ("quiet", "zone", "on"),
    [
        ("always", "UTC", True),
        ("22:00-08:00", "Europe/Berlin", True),
        ("22:00-08:00", "UTC", False),
        ("22:00-08:00", "Atlantis/Nowhere", False),
        ("nonsense", "UTC", False),
    ],
)
def test_when(quiet, zone, on):
    assert quiet_hours.is_on(quiet, zone, NIGHT) is on
