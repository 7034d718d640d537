"""The benchmarks run: a few messages each, no judgement of the figures."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def run(root: Path, name: str, directory: Path, *more: str) -> str:
    command = [sys.executable, root / "benchmarks" / f"{name}.py"]
    done = subprocess.run(
        [*command, "--smoke", "--directory", directory, *more],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_engine_shows_its_table(root, tmp_path):
    table = run(root, "engine", tmp_path, "--peer-python", sys.executable)
    assert "appliance, messages/s" in table
    assert "appliance against 64 threads of telebot" in table  # a dependency: always there
    assert "FAIL" not in table


def test_a_missing_nginx_is_named(root):
    folder = root / "benchmarks"
    code = f"""
import shutil, sys
sys.path.insert(0, {str(folder)!r})
sys.argv = ["engine", "--tls", "--smoke"]
shutil.which = lambda *_, **__: None
import engine
engine.main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "--tls needs nginx: sudo apt-get install nginx\n"


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("pace", "30/s: answers 429"),
        ("million", "another writer's longest wait"),
        ("updates", "stored, handled and answered"),
    ],
)
def test_others_show_their_tables(root, tmp_path, name, row):
    table = run(root, name, tmp_path)
    assert row in table
    assert "not judged" in table
    assert list(tmp_path.iterdir()) == []  # the homes are gone


def test_fake_is_faster_than_any_sender(root):
    done = subprocess.run(
        [sys.executable, root / "benchmarks" / "fake_api.py", "--measure"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert int(done.stdout.split()[0].replace(",", "")) >= 10_000
