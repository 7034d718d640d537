"""The pages of the command line and of the HTTP API against the program."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.routers.api.endpoints import declaration
from appliance.web import close_app, create_app

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_the_page_of_the_command_line_is_what_the_commands_say():
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "docs.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["broadcast"], "Write to many people"),
        (["broadcast", "send"], "  --at TIME "),
        (["broadcast", "plan"], "Options: those of `appliance broadcast send` without --key TEXT"),
        (["inbox", "label"], "appliance inbox label CHAT_ID [LABELS]..."),
        (["sandbox", "fault"], "  --clear "),
    ],
)
def test_the_page_shows_the_help(words, shown):
    heading = " ".join(["appliance", *words])
    section = (
        (ROOT / "docs" / "cli.md")
        .read_text(encoding="utf-8")
        .split(f"# {heading}\n", 1)[1]
        .split("\n#", 1)[0]
    )
    assert shown in section
    assert "--json" not in section.replace("show --json", "")


def test_the_page_of_the_api_tells_how_to_list_every_address(settings):
    """It names no call that needs no explaining; the command in it leaves none out."""
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    (pattern,) = re.findall(r"/api/openapi\.json \| grep -o '([^']+)'", page)
    app = create_app(settings)
    document = app.test_client().get("/api/openapi.json").get_data(as_text=True)
    close_app(app)
    listed = {found.strip('":').removeprefix("/api/v1") for found in re.findall(pattern, document)}
    assert listed == {_as_described(path) for _, path, _ in _calls(settings)}


def _as_described(path):
    return re.sub(r"<(?:[^<>:]+:)?([^<>:]+)>", r"{\1}", path)


def test_the_page_of_the_api_says_who_may_do_what(settings):
    """For every call the longest address of the table that begins it names the smallest role."""
    rows = dict(_rows_of_the_api())
    wrong = {
        f"{method} {path}": (access, rows[address][column])
        for method, path, access in _calls(settings)
        if not path.startswith("/sandbox")  # a row in words
        for address in [max((a for a in rows if _begins(path, a)), key=len, default="")]
        for column in [0 if method == "GET" else 1]
        if not address or rows[address][column] != access
    }
    assert wrong == {}


def _rows_of_the_api():
    for line in (ROOT / "docs" / "api.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if line.startswith("| `/"):
            yield from (
                (address, (cells[2], cells[3])) for address in re.findall(r"`([^`]+)`", cells[1])
            )


def _calls(settings):
    app = create_app(settings)
    for rule in app.url_map.iter_rules():
        declared = declaration(app.view_functions[rule.endpoint])
        methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if declared is not None:
            access = declared.access.value.replace("public", "everybody")
            yield from ((each, rule.rule.removeprefix("/api/v1"), access) for each in methods)
    close_app(app)


def _begins(path, address):
    return path == address or path.startswith(f"{address}/")
