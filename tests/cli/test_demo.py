"""`appliance demo`"""

import json
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from appliance.cli import demo


def demo_homes(folder):
    return list(Path(folder).glob("appliance-demo-*"))


def test_a_temporary_home_is_gone_afterwards():
    with suppress(ZeroDivisionError), demo.temporary_home() as home:
        (home / "data").mkdir()
        raise ZeroDivisionError
    assert not home.exists()


def test_a_free_port_is_free():
    port = demo.free_port()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))


def test_8080_in_use_is_no_problem():
    with socket.socket() as taken:
        with suppress(OSError):  # another program has it: as good
            taken.bind(("127.0.0.1", 8080))
            taken.listen()
        assert demo.free_port() not in {0, 8080}


def test_nothing_is_waited_for_when_it_is_to_end():
    asked = threading.Event()
    asked.set()
    demo.wait_for_silence(None, asked)  # does not even look


@pytest.mark.slow
def test_once_tells_the_truth_and_leaves_nothing(root, tmp_path):
    done = subprocess.run(
        [
            "env",
            f"TMPDIR={tmp_path}",
            sys.executable,
            "-m",
            "appliance",
            "demo",
            "--once",
            "--json",
        ],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["status"] == "done"
    assert (document["total"], document["sent"]) == (demo.PEOPLE, demo.PEOPLE - demo.BLOCKED)
    assert document["reasons"] == {"blocked": demo.BLOCKED}
    assert (document["pending"], document["sending"], document["unknown"]) == (0, 0, 0)
    assert "Traceback" not in done.stderr
    assert demo_homes(tmp_path) == []


@pytest.mark.slow
def test_ctrl_c_ends_it_at_any_time(root, tmp_path, wait_until):
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            ["env", f"TMPDIR={tmp_path}", sys.executable, "-m", "appliance", "demo"],
            cwd=root,
            stdout=log,
            stderr=log,
        )
    try:
        wait_until(lambda: "is starting" in (tmp_path / "log").read_text(), 60)
        process.send_signal(signal.SIGINT)
        process.wait(15)
    finally:
        process.kill()
        process.wait()
    assert "Traceback" not in (tmp_path / "log").read_text()
    assert demo_homes(tmp_path) == []
