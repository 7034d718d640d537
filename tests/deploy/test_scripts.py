"""The scripts say clearly what they cannot do, before they do anything."""

import os
import subprocess
from pathlib import Path

import pytest


def run(script: Path, *arguments: str, path: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/bash", script, *arguments],
        env={"PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def tools(tmp_path):
    """A folder with the plain tools of a Unix and nothing else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("basename", "cat", "cut", "dirname", "id", "rm", "sha256sum"):
        (folder / name).symlink_to(
            next(p for p in (Path("/usr/bin") / name, Path("/bin") / name) if p.exists())
        )
    return folder


@pytest.fixture
def copy(tmp_path, root):
    """Enough of a fresh clone for a script to begin."""
    for name in ("scripts", "requirements", "pyproject.toml", "setup.cfg"):
        (tmp_path / "clone").mkdir(exist_ok=True)
        subprocess.run(["cp", "-r", root / name, tmp_path / "clone"], check=True)
    return tmp_path / "clone"


@pytest.mark.parametrize("name", ["demo", "test"])
def test_missing_python_is_one_clear_line(copy, tools, name):
    done = run(copy / "scripts" / name, path=str(tools))
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        f"{name}: Python 3.11 or newer is needed and was not found"
        " (on Debian 12 or Ubuntu 24.04: sudo apt-get install python3 python3-venv)"
    ]
    assert not (copy / ".venv").exists()


def test_python_that_exists_but_does_not_run_is_passed_over(copy, tools):
    """A version manager leaves such commands behind."""
    for name in ("python3.13", "python3"):
        (tools / name).write_text("#!/bin/sh\nexit 127\n")
        (tools / name).chmod(0o755)
    done = run(copy / "scripts" / "demo", path=str(tools))
    assert "was not found" in done.stderr


def test_a_machine_without_node_cannot_build_the_front_end(copy, tools):
    (tools / "realpath").symlink_to("/usr/bin/realpath")
    done = run(copy / "scripts" / "build-frontend", path=str(tools))
    assert done.returncode == 1
    assert "Node.js 20.19 or newer is needed" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "usage: certbot.sh"),
        (("example.org",), 2, "usage: certbot.sh"),
        (("--what", "example.org", "a@example.org"), 2, "usage: certbot.sh"),
        (("--server",), 2, "usage: certbot.sh"),
        (("https://example.org/", "a@example.org"), 1, "expected a host name"),
        (("example.org", "nobody"), 1, "expected an address"),
    ],
)
def test_certbot_refuses_wrong_arguments(root, tools, arguments, code, words):
    done = run(root / "scripts" / "certbot.sh", *arguments, path=str(tools))
    assert done.returncode == code
    assert words in done.stderr


def test_certbot_names_what_is_missing_before_it_writes(root, tools):
    done = run(root / "scripts" / "certbot.sh", "example.org", "a@example.org", path=str(tools))
    missing = "run it as root" if os.geteuid() else "nginx is missing: apt-get install nginx"
    assert done.returncode == 1
    assert missing in done.stderr
