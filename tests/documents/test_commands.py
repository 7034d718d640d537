"""Every command that a document shows is run as it is written, in the order of the document.

Telegram's place is taken by the simulator. What a document writes for something of the reader's own
(an address, an id) is replaced by what there is here: `places`. A fence that cannot be run here has
a comment before it that says why: <!-- not run: REASON -->.
"""

import re
import shlex
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.network import free_port
from support.shell import Shell

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    str(path.relative_to(ROOT)) for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
)
# At one site, in any order.
AT_A_SITE = [
    f"docs/{name}.md"
    for name in ("broadcasts", "bot", "inbox", "cron", "notifications", "api", "telegram")
]
ON_A_MACHINE = ["README.md", "docs/quickstart.md", "docs/sandbox.md"]
# Their commands are those of another document; tests/test_docs.py compares them.
TRANSLATIONS = {"README.ru.md", *(name for name in DOCUMENTS if name.startswith("docs/ru/"))}

NOT_RUN = r"(?:^<!-- not run: (.+?) -->\n)?"
FENCE = re.compile(NOT_RUN + r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LANGUAGES = {"sh", "crontab", "python", "sql", "ini", "json", "text"}
"""The first four are run; the others are no commands."""


@dataclass(frozen=True)
class Fence:
    language: str
    code: str
    reason: str
    """Why it is not run; empty: it is."""


def fences(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    return [Fence(language, code, reason) for reason, language, code in FENCE.findall(text)]


def commands_of(fence):
    """The commands of a fence; one may go on over several lines."""
    found, lines = [], []
    for line in fence.code.splitlines():
        lines.append(line)
        command = "\n".join(lines)
        if not command.strip() or command.lstrip().startswith("#"):
            lines = []
        elif not line.endswith("\\") and _is_whole(command):
            found.append(command)
            lines = []
    assert not lines, fence.code
    return found


def _is_whole(command):
    done = subprocess.run(["bash", "-n", "-c", command], capture_output=True, check=False)
    return done.returncode == 0


def of_crontab(fence):
    """The commands of its lines, as cron hands them to a shell."""
    lines = [line for line in fence.code.splitlines() if re.match(r"[\d*]", line)]
    return [line.split(maxsplit=5)[5].replace("\\%", "%") for line in lines]


def of_python(fence):
    return [shlex.join([sys.executable, "-c", fence.code])]


READERS = {"sh": commands_of, "crontab": of_crontab, "python": of_python}


def to_run(name):
    """The commands of each fence of a document, as a shell takes them."""
    return [
        READERS[fence.language](fence)
        for fence in fences(name)
        if fence.language in READERS and not fence.reason
    ]


def failures(ended):
    """The commands that did not end as their document says, for people to read."""
    return [
        f"{each.command}\n  exited with {each.code}: {each.output}"
        for each in ended
        if each.code not in _allowed(each.command)
    ]


def _allowed(command):
    """0, and what the remark behind the command says."""
    said = re.search(r"#.*\b(?:exits with) (\d+)", command)
    return {0, int(said[1])} if said else {0}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_fence_says_what_it_is(name):
    assert {fence.language for fence in fences(name)} <= LANGUAGES
    assert (ROOT / name).read_text(encoding="utf-8").count("```") == 2 * len(fences(name))


def test_every_document_with_commands_is_run():
    runnable = {*READERS, "sql"}
    named = {
        n for n in DOCUMENTS if any(f.language in runnable and not f.reason for f in fences(n))
    }
    assert named - TRANSLATIONS == {*AT_A_SITE, *ON_A_MACHINE}


@pytest.mark.slow
@pytest.mark.parametrize("name", AT_A_SITE)
def test_commands_at_a_running_site(name, site, work, tmp_path):
    places = {
        r"(?<!\d)51234\b": str(site.person),
        r"-1001234567890": str(site.group),
        r"http://127\.0\.0\.1:8080|https://site\.example\.org": site.url,
        r"/etc/appliance/": f"{work}/",
    }
    shell = Shell(tmp_path, places, [work], APPLIANCE_HOME=site.home)
    found = failures(shell.run(work, to_run(name))) + refused_sql(name, Path(site.home))
    assert not found, "\n\n".join(found)


def refused_sql(name, home):
    found = []
    with closing(sqlite3.connect(home / "data" / "database.db")) as database:
        for fence in fences(name):
            try:
                if fence.language == "sql":
                    database.execute(fence.code)
            except sqlite3.Error as error:
                found.append(f"{fence.code}: {error}")
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", ON_A_MACHINE)
def test_commands_on_a_machine_of_ones_own(name, clone, simulator, tmp_path):
    site, sandbox = free_port(), free_port()
    places = {
        r"ADDRESS-OF-THIS-REPOSITORY (appliance && cd )": rf"{clone} ~/\1~/",
        r"127\.0\.0\.1:8080": f"127.0.0.1:{site}",
        r"127\.0\.0\.1:8081": f"127.0.0.1:{sandbox}",
        r"\bsandbox serve\b": f"sandbox serve --port {sandbox}",
        r"(?<!\S)(?=appliance sandbox)": f"BOT_API_URL=http://127.0.0.1:{sandbox} ",
        r"(?<!\S)(?=\S+/appliance --home ~/club)": f"BOT_API_URL={simulator.url} ",
    }
    # Compiling what is installed takes longer than installing it.
    shell = Shell(tmp_path, places, PORT=site, APPLIANCE_HOME=tmp_path, PIP_NO_COMPILE=1)
    found = failures(shell.run(clone, to_run(name)))
    assert not found, "\n\n".join(found)
