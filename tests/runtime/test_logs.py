"""Log lines: no token in any, and JSON for programs."""

import json
import logging
import subprocess
import sys

import pytest

from appliance.config import SANDBOX_TOKEN
from appliance.runtime.logs import JsonFormatter, TextFormatter, redact

REAL_TOKEN = "123456789:" + "AbCdEfGhIjKlMnOpQrStUvWxYz012345678"

API_TOKEN = "apl_" + "Q-_x" * 10


def record(message, *arguments, error=None):
    info = (type(error), error, error.__traceback__) if error else None
    made = logging.LogRecord("appliance.x", logging.WARNING, "x.py", 1, message, arguments, info)
    made.created = 1_800_000_000.9
    return made


@pytest.mark.parametrize("token", [REAL_TOKEN, SANDBOX_TOKEN])
def test_tokens_are_hidden(token):
    url = f"https://api.telegram.org/bot{token}/sendMessage"
    assert redact(f"POST {url} failed") == (
        "POST https://api.telegram.org/bot<token>/sendMessage failed"
    )
    assert token not in redact(f"{token},{token}\n'{token}'")


def test_api_tokens_are_hidden():
    told = redact(f"GET /{API_TOKEN} 404; Authorization: Bearer {API_TOKEN}\nx:{API_TOKEN}@site")
    assert told == "GET /<token> 404; Authorization: Bearer <token>\nx:<token>@site"
    assert redact("apl_TURO") == "apl_TURO"  # the hint, which is shown to people


@pytest.mark.parametrize("text", ["2026-11-23T05:15:00Z", "127.0.0.1:8080", "a 12:34 b", "Привет"])
def test_what_is_no_token_stays(text):
    assert redact(text) == text


def test_as_text():
    line = TextFormatter().format(record("sent %d to %s", 5, REAL_TOKEN))
    assert line == "2027-01-15T08:00:00Z WARNING appliance.x: sent 5 to <token>"


@pytest.mark.parametrize("make", [TextFormatter, JsonFormatter])
def test_what_others_wrote_gives_no_orders_and_forges_no_line(make):
    line = make().format(
        record("refused: %s", "x\x1b]0;y\x07\x9b2J\u202e\r\n2027 INFO all is well")
    )
    assert line.isprintable()
    assert "all is well" in line


def test_as_json():
    line = JsonFormatter().format(record("привет\n%s", REAL_TOKEN))
    assert "\n" not in line
    assert "привет" in line
    assert json.loads(line) == {
        "time": "2027-01-15T08:00:00Z",
        "level": "warning",
        "logger": "appliance.x",
        "message": "привет\n<token>",
    }


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()])
def test_a_traceback_hides_tokens_too(formatter):
    try:
        raise ValueError(f"https://api.telegram.org/bot{REAL_TOKEN}/getMe")
    except ValueError as error:
        line = formatter.format(record("failed", error=error))
    assert REAL_TOKEN not in line
    assert "ValueError: https://api.telegram.org/bot<token>/getMe" in line


@pytest.mark.slow
def test_set_up_once_a_process(root):
    script = f"""
import logging
from pathlib import Path
from appliance.config import Settings
from appliance.runtime.logs import set_up
settings = Settings(Path("."), "k", "sqlite://", log_format="json", log_level="WARNING")
set_up(settings)
set_up(settings)
logging.getLogger("appliance.x").info("not shown")
logging.getLogger("urllib3").warning("https://host/bot{REAL_TOKEN}/x")
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=root
    )
    (line,) = done.stderr.splitlines()
    assert json.loads(line)["message"] == "https://host/bot<token>/x"
