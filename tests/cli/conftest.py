"""The command, in this process and in processes of its own; never a secret in what it says."""

import json
import signal
import subprocess
import sys
from datetime import timedelta
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from click.testing import CliRunner

from appliance import config, env_file
from appliance.cli import main
from appliance.config import SANDBOX_TOKEN
from appliance.services import status
from appliance.services.leases import DELIVERY, Holding
from support.network import free_port
from support.people import add_chats

PASSWORD = "correct horse battery"
REAL_TOKEN = "123456789:" + "AbCdEfGhIjKlMnOpQrStUvWxYz012345678"
SECRETS = [PASSWORD, REAL_TOKEN, SANDBOX_TOKEN, "only-for-tests-0123456789"]


def check_no_secret(*texts):
    assert [secret for secret in SECRETS for text in texts if text and secret in text] == []


def _command(environ):
    """The program, with these variables besides those that every test has."""
    return ["env", *(f"{k}={v}" for k, v in environ.items()), sys.executable, "-m", "appliance"]


def _one_line(error):
    return len(error.strip().splitlines()) == 1


@pytest.fixture
def refused():
    """`refused(result, 1)`: the one line on stderr; nothing on stdout, no traceback."""

    def refused(result, code):
        status = getattr(result, "exit_code", getattr(result, "returncode", None))
        assert (status, result.stdout) == (code, ""), result.stderr
        assert _one_line(result.stderr), result.stderr
        assert result.stderr.startswith("appliance: ")
        return str(result.stderr.strip())

    return refused


@pytest.fixture
def invoke(home):
    """`invoke("status", "--json")` in this process, on `home`; it is at no terminal."""

    def invoke(*words, input="", home=home, **environ):
        arguments = ["--home", str(home), *map(str, words)]
        result = CliRunner(env=environ).invoke(main, arguments, input=input)
        check_no_secret(result.stdout, result.stderr)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


@pytest.fixture
def answer(invoke):
    """`answer("user", "list")`: the JSON document of a command that succeeds."""

    def answer(*words, **options):
        result = invoke(*words, "--json", **options)
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    return answer


@pytest.fixture
def appliance(home, root):
    """The command in a process of its own; it is at no terminal."""

    def appliance(*words, home=home, input="", **environ):
        done = subprocess.run(
            [*_command(environ), "--home", home, *map(str, words)],
            cwd=root,
            input=input,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        check_no_secret(done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        return done

    return appliance


class Running:
    """A command that runs until it is told to stop."""

    def __init__(self, process, log):
        self.process = process
        self._log = log

    def log(self):
        return self._log.read_text(encoding="utf-8")

    def stop(self, number=signal.SIGTERM):
        """Its exit code; fails where it takes longer than a service manager waits."""
        self.process.send_signal(number)
        return self.process.wait(15)


@pytest.fixture
def start(home, root, tmp_path):
    """`start("serve", "--port", 9000)`: a command that goes on running; killed at the end."""
    started = []

    def start(*words, **environ):
        log = tmp_path / f"log-{len(started)}"
        with log.open("w") as file:
            process = subprocess.Popen(
                [*_command(environ), "--home", home, *map(str, words)],
                cwd=root,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                text=True,
            )
        started.append(Running(process, log))
        return started[-1]

    yield start
    for running in started:
        running.process.kill()
        running.process.wait()
        check_no_secret(running.log())
        assert "Traceback" not in running.log()


@pytest.fixture
def serve(start, port, wait_until):
    """`serve("--sandbox")`: a site that answers on `port`."""

    def serve(*words, **environ):
        running = start("serve", "--port", port, *words, **environ)
        wait_until(lambda: _answers(port), 20, running.log)
        return running

    return serve


def _answers(port):
    try:
        with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as response:
            return bool(response.status == 200)
    except URLError:
        return False


@pytest.fixture
def parts(database):
    """`parts()`: the parts of a running site, as `appliance status` shows them."""

    def parts():
        with database.reading() as session:
            return status.document(session)["parts"]

    return parts


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def password(tmp_path):
    """A file with the password."""
    path = tmp_path / "password"
    path.write_text(f"{PASSWORD}\nsecond line\n", encoding="utf-8")
    return path


@pytest.fixture
def town(home, sandbox, ask, database):
    """Six simulated people who pressed Start, known here; the home points at the simulator."""
    values = config.read_values(home, {}) | {"BOT_API_URL": sandbox.url}
    env_file.write(home / ".env", values)
    people = ask("people", {"count": 6, "start": True, "seed": 1})["people"]
    ids = sorted(person["id"] for person in people)
    with database.writing() as session:
        add_chats(session, *ids)
    return ids


@pytest.fixture
def something_sends(database):
    """As far as commands can see, an engine runs elsewhere; it sends nothing."""
    holding = Holding(database, DELIVERY, ttl=timedelta(hours=1))
    assert holding.acquire()
    return holding


@pytest.fixture
def nothing_sends(something_sends):
    """The opposite, where a folder's tests have it otherwise."""
    something_sends.release()


@pytest.fixture
def known(database):
    """Three chats, without a simulator."""
    with database.writing() as session:
        add_chats(session, 1, 2, 3, language="en")
    return [1, 2, 3]
