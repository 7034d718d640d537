"""Processes of the real program, and what they say of themselves."""

import subprocess
import sys
from typing import Any

import pytest

from appliance import config, env_file
from appliance.config import Settings
from appliance.services import status


@pytest.fixture
def start(home, root, tmp_path):
    """`start("bot")`: a process of this home that runs until it is killed; its log is `.log`."""
    started = []

    def start(*words: str | int) -> "subprocess.Popen[str]":
        log = tmp_path / f"log-{len(started)}"
        with log.open("w") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "appliance", "--home", home, *map(str, words)],
                cwd=root,
                stdout=file,
                stderr=file,
                text=True,
            )
        process.log = log.read_text
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert config.SANDBOX_TOKEN not in process.log()


@pytest.fixture
def parts(database):
    """The parts as `appliance status` shows them now."""

    def parts() -> dict[str, Any]:
        with database.reading() as session:
            found: dict[str, Any] = status.document(session)["parts"]
        return found

    return parts


@pytest.fixture
def with_simulator(settings, sandbox):
    """Settings, also those of the home, that point at a simulator of the test's own."""
    values = config.read_values(settings.home, {}) | {"BOT_API_URL": sandbox.url}
    env_file.write(settings.env_file, values)
    return Settings.load(settings.home, environ={})
