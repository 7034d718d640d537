"""Every command that a document shows is run as it is written, in the order of the document.

Telegram's place is taken by the simulator. What a document writes for something of the reader's own
(an address, an id) is replaced by what there is here: `places`. A fence that cannot be run here has
a comment before it that says why: <!-- not run: REASON -->.
"""

import os
import re
import shlex
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from appliance.config import SANDBOX_TOKEN

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

PASSWORD = "correct horse battery"
ANSWERS = (SANDBOX_TOKEN, "me@example.org", PASSWORD, PASSWORD)
ANSWER_PROMPTS = Path(__file__).with_name("answer_prompts.py")
SECONDS = 200

# What goes on until it is ended, and the words with which it says that it is ready.
SERVER = re.compile(r"/demo$|\bappliance( --home \S+)?( sandbox)? (serve|bot|demo)\b(?!.*--once)")
READY = "The site is at|Point a bot here|Ctrl-C ends it"
ASKS = re.compile(r"\bappliance --home \S+ init\b(?!.*--yes)")

PRELUDE = f"""
servers=()
stop_servers() {{
    local pid code=0
    for pid in "${{servers[@]}}"; do kill -TERM "$pid"; done
    for pid in "${{servers[@]}}"; do wait "$pid" || code=$?; done
    servers=()
    return $code
}}
started() {{
    until grep -qE '{READY}' "$2"; do
        kill -0 "$1" 2>/dev/null || return 1
        sleep 0.05
    done
    servers+=("$1")
}}
"""


@dataclass(frozen=True)
class Fence:
    language: str
    code: str
    reason: str
    """Why it is not run; empty: it is."""


@dataclass(frozen=True)
class Ended:
    """A command of a document, what it exited with, and all that it printed."""

    command: str
    code: int
    output: str


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


class Shell:
    """Runs commands in one bash, as somebody types them one after the other.

    `places` are patterns of what documents write, each with what stands in its place here.
    """

    def __init__(self, folder, places, path=(), **environ):
        path = [*path, Path(sys.executable).parent]
        self._folder = folder
        self._places = places
        self._environ = {"HOME": folder, **environ, "PATH": ":".join([*map(str, path), "$PATH"])}

    def run(self, work, fences):
        """What became of each command; a fence that starts a server ends those before it."""
        (self._folder / ".curlrc").write_text("silent\nshow-error\nfail-with-body\n")
        script = self._folder / "script"
        script.write_text(PRELUDE + "".join(self._lines(fences)), encoding="utf-8")
        with subprocess.Popen(
            ["bash", script],
            cwd=work,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as bash:
            try:
                said, _ = bash.communicate(timeout=SECONDS)
            finally:
                if bash.poll() is None:
                    os.killpg(bash.pid, signal.SIGKILL)
        assert bash.returncode == 0, f"a server did not end well: {said}"
        commands = [command for fence in fences for command in fence]
        return [
            Ended(command, int(self._output(f"{number}.code")), self._output(number))
            for number, command in enumerate(commands)
        ]

    def _output(self, name):
        return (self._folder / f"output.{name}").read_text(encoding="utf-8", errors="replace")

    def _lines(self, fences):
        yield from (f'export {name}="{value}"\n' for name, value in self._environ.items())
        number = 0
        for fence in fences:
            written = [self._here(command) for command in fence]
            if any(map(SERVER.search, written)):
                yield "stop_servers || exit\n"
            for command in written:
                output = shlex.quote(str(self._folder / f"output.{number}"))
                yield f"{self._line(command, output)}; echo $? >{output}.code\n"
                number += 1
        yield "stop_servers\n"

    def _here(self, command):
        for written, here in self._places.items():
            command = re.sub(written, here, command)
        return re.sub(r"\s{2,}#.*$", "", command)

    def _line(self, command, output):
        if SERVER.search(command):
            return f"{command} >{output} 2>&1 & started $! {output}"
        if ASKS.search(command):
            answers = "\n".join(ANSWERS[2 if "--sandbox" in command else 0 :])
            words = shlex.join([sys.executable, str(ANSWER_PROMPTS), command])
            return f"{words} <<<{shlex.quote(answers)} >{output} 2>&1"
        return f"{{ {command}\n}} </dev/null >{output} 2>&1"


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
def test_commands_on_a_machine_of_ones_own(name, clone, simulator, tmp_path, free_port):
    site, sandbox = free_port(), free_port()
    places = {
        r"ADDRESS-OF-THIS-REPOSITORY (appliance && cd )": rf"{clone} ~/\1~/",
        r"127\.0\.0\.1:8080": f"127.0.0.1:{site}",
        r"127\.0\.0\.1:8081": f"127.0.0.1:{sandbox}",
        r"\bsandbox serve\b": f"sandbox serve --port {sandbox}",
        r"(?<!\S)(?=appliance sandbox)": f"BOT_API_URL=http://127.0.0.1:{sandbox} ",
        r"(?<!\S)(?=\S+/appliance --home ~/club)": f"BOT_API_URL={simulator.url} ",
    }
    shell = Shell(tmp_path, places, PORT=site, APPLIANCE_HOME=tmp_path)
    found = failures(shell.run(clone, to_run(name)))
    assert not found, "\n\n".join(found)
