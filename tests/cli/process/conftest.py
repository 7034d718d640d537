"""Commands of other people than the one who runs the tests."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

OTHER = 65534


@pytest.fixture
def public_home(home, database):
    """A copy of the home, in a folder that everybody may enter; pytest's own are private."""
    database.dispose()
    folder = Path(tempfile.mkdtemp(prefix="home-"))
    folder.chmod(0o755)
    copy = shutil.copytree(home, folder / "home")
    copy.chmod(0o755)
    yield copy
    shutil.rmtree(folder)


@pytest.fixture
def as_other(public_home, find_program):
    """`as_other("status")`: the command as somebody whom the modes of files bind."""
    become = []
    if os.geteuid() == 0:
        become = [find_program("setpriv"), f"--reuid={OTHER}", f"--regid={OTHER}", "--clear-groups"]

    def run(*words):
        command = [*become, sys.executable, "-m", "appliance", "--home", public_home, *words]
        return subprocess.run(
            command, cwd="/", capture_output=True, text=True, timeout=60, check=False
        )

    return run
