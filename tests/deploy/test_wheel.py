"""The wheel: all that is committed of the package is in it, and it runs without its source."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import appliance
from support.repository import copy_tracked, tracked

pytestmark = pytest.mark.slow

# Folders of the working copy and what they are called in the package.
SHIPPED = {
    "appliance": "appliance",
    "frontend_dist": "appliance/frontend_dist",
    "nginx": "appliance/nginx",
    "systemd": "appliance/systemd",
}


@pytest.fixture(scope="module")
def wheel(root, tmp_path_factory):
    """Built from a copy of what is committed, as a stranger would build it."""
    copy = copy_tracked(root, tmp_path_factory.mktemp("copy"))
    dist = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", dist, copy]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = dist.glob("*.whl")
    return built


def test_wheel_holds_what_is_committed(wheel, root):
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    expected = {
        SHIPPED[folder] + "/" + rest
        for name in tracked(root)
        for folder, _, rest in [name.partition("/")]
        if folder in SHIPPED
    }
    assert packed == expected
    assert "appliance/frontend_dist/index.html" in packed
    assert "appliance/frontend_dist/licenses.md" in packed
    assert "appliance/migrations/script.py.mako" in packed
    assert any(name.startswith("appliance/migrations/versions/0001") for name in packed)


def test_installed_wheel_runs_without_its_source(wheel, root, tmp_path):
    """In a fresh environment, with nothing but the run-time lock."""
    bin_folder = tmp_path / "venv" / "bin"
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    install = [bin_folder / "python", "-m", "pip", "install", "--quiet"]
    lock = root / "requirements" / "runtime.txt"
    for arguments in (["--require-hashes", "--requirement", lock], ["--no-deps", wheel]):
        done = subprocess.run([*install, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def run(*arguments: str | Path) -> str:
        command = [bin_folder / "appliance", *arguments]
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env={"PATH": os.defpath},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert appliance.__version__ in run("--version")
    password, home = tmp_path / "password", tmp_path / "home"
    password.write_text("correct horse battery staple\n")
    admin = ["--admin-email", "admin@example.org", "--admin-password-file", str(password)]
    run("--home", home, "init", "--sandbox", "--yes", *admin)
    assert (home / "data" / "database.db").is_file()
