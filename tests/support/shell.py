"""A bash for the commands of documents: servers that go on, prompts that are answered."""

import os
import re
import shlex
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from appliance.config import SANDBOX_TOKEN

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
class Ended:
    """A command of a document, what it exited with, and all that it printed."""

    command: str
    code: int
    output: str


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
