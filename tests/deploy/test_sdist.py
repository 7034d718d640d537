"""The source archive: all that git has is in it, and it can build and test itself."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import appliance
from support.repository import copy_tracked, tracked

pytestmark = pytest.mark.slow

MADE = {"PKG-INFO"}  # by the build, besides appliance.egg-info
TESTS = ["tests/test_errors.py", "tests/test_config.py", "tests/test_house.py"]


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(kind: str, source: Path, dist: Path) -> Path:
    run(sys.executable, "-m", "build", kind, "--no-isolation", "--outdir", dist, source, cwd=source)
    (built,) = dist.iterdir()
    return built


@pytest.fixture(scope="module")
def archive(root, tmp_path_factory):
    """The archive of a clean copy."""
    copy = copy_tracked(root, tmp_path_factory.mktemp("copy"))
    return build("--sdist", copy, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def unpacked(archive, tmp_path_factory):
    """The archive, unpacked somewhere else."""
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(archive) as file:
        file.extractall(folder, filter="data")
    return folder / f"appliance-{appliance.__version__}"


def test_sdist_holds_what_git_has(archive, root):
    with tarfile.open(archive) as file:
        files = {entry.name.partition("/")[2] for entry in file if entry.isfile()}
    packed = {name for name in files if not name.startswith("appliance.egg-info/")}
    assert packed - MADE == {*tracked(root)}


def test_sdist_builds_a_wheel(unpacked, root, tmp_path):
    with zipfile.ZipFile(build("--wheel", unpacked, tmp_path)) as archive:
        packed = {*archive.namelist()}
    assert {name for name in tracked(root) if name.startswith("appliance/")} <= packed
    assert "appliance/frontend_dist/index.html" in packed


def test_sdist_tests_itself(unpacked):
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not slow", *TESTS]
    told = run(sys.executable, *words, cwd=unpacked)
    assert " passed" in told
    assert "failed" not in told
    where = run(sys.executable, "-c", "import appliance; print(appliance.__file__)", cwd=unpacked)
    assert where.strip() == str(unpacked / "appliance" / "__init__.py")
