"""The working copy: no addresses, secrets or machine paths in it; locks, scripts, packages."""

import configparser
import json
import re
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appliance import config
from support.repository import tracked

FindProgram = Callable[..., str]

ROOT = Path(__file__).resolve().parent.parent
LOCKS = sorted(f"requirements/{path.name}" for path in (ROOT / "requirements").glob("*.txt"))
SCRIPTS = sorted(
    path
    for path in [*(ROOT / "scripts").iterdir(), ROOT / ".ci" / "run"]
    if path.is_file() and path.read_bytes().startswith((b"#!/usr/bin/env bash", b"#!/bin/sh"))
)
BUILT = ("frontend_dist/", "appliance/routers/static/")  # made by programs, from others' sources

# Spelled in parts, so that this file does not find itself.
REGISTRIES = re.compile(
    "|".join(
        re.escape(f"{host}.{end}")
        for host, end in [
            ("pypi", "org"),
            ("pythonhosted", "org"),
            ("registry.npmjs", "org"),
            ("registry.yarnpkg", "com"),
        ]
    )
)
MACHINE_PATHS = re.compile(
    r"(?<![\w.$}])/(work|opt/(wheels|pypi)|root|home/[a-z]|Users/[A-Za-z])(?=[/\s\"'])"
)
SECRETS = {
    "a bot token": re.compile(r"\b\d{8,10}:[A-Za-z0-9_-]{35}\b"),
    "a private key": re.compile("-----BEGIN " + "[A-Z ]*PRIVATE KEY-----"),
    "a secret key": re.compile(r"^SECRET_KEY=['\"]?\w{16,}", re.MULTILINE),
}


def committed() -> list[Path]:
    """Files that git has or would take: what is ignored is nobody's business."""
    return [ROOT / name for name in tracked(ROOT)]


def texts() -> Iterator[tuple[str, str]]:
    for path in committed():
        name = str(path.relative_to(ROOT))
        if name.startswith(BUILT):
            continue
        try:
            yield name, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture


def test_no_registry_is_named():
    assert [name for name, text in texts() if REGISTRIES.search(text)] == []


def test_no_path_of_one_machine_is_named():
    found = [
        f"{name}: {match.group()}"
        for name, text in texts()
        for match in MACHINE_PATHS.finditer(text)
    ]
    assert found == []


@pytest.mark.parametrize("kind", SECRETS)
def test_no_secret_is_committed(kind):
    assert [name for name, text in texts() if SECRETS[kind].search(text)] == []


def test_no_home_is_committed():
    names = {str(path.relative_to(ROOT)) for path in committed()}
    assert ".env" not in names
    assert {name for name in names if name.startswith("data/")} <= {"data/.gitkeep"}


@pytest.mark.parametrize("name", LOCKS)
def test_locks_are_hashed(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    blocks = [block for block in re.split(r"\n(?=\S)", text) if not block.startswith("#")]
    assert len(blocks) > (2 if "postgresql" in name else 20)
    assert [block for block in blocks if "--hash=sha256:" not in block] == []
    assert [block for block in blocks if "==" not in block.splitlines()[0]] == []


@pytest.mark.parametrize("name", LOCKS)
def test_locks_name_no_index(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert re.findall(r"^\s*--(?!hash)\S+|https?://\S+|file:\S+", text, re.MULTILINE) == []


def pinned(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==(\S+)", text, re.MULTILINE))


@pytest.mark.parametrize("name", ["runtime", "postgresql"])
def test_what_runs_is_what_is_tested(name):
    """The development lock holds all of it, at the same versions."""
    runs, dev = pinned(f"requirements/{name}.txt"), pinned("requirements/dev.txt")
    assert {name: version for name, version in runs.items() if dev.get(name) != version} == {}


def test_every_lock_is_renewed():
    """`scripts/lock` makes two of the project itself, and one of each list of tools."""
    tools = {f"{path.stem}.txt" for path in (ROOT / "requirements").glob("*.in")} - {"build.txt"}
    assert {Path(name).name for name in LOCKS} == tools | {"dev.txt", "runtime.txt"}


def test_locks_hold_every_dependency():
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    runtime, dev = pinned("requirements/runtime.txt"), pinned("requirements/dev.txt")
    assert _names(project["dependencies"]) <= runtime.keys()
    assert _names(project["optional-dependencies"]["dev"]) <= dev.keys()
    assert "setuptools" in runtime  # installs the working copy


def test_the_driver_of_postgresql_has_a_lock_of_its_own():
    """What it is made of is the extra of pyproject.toml; what the rest needs is not in it."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        extra = tomllib.load(file)["project"]["optional-dependencies"]["postgresql"]
    listed = (ROOT / "requirements" / "postgresql.in").read_text(encoding="utf-8").splitlines()
    assert [line for line in listed if not line.startswith("#")] == extra
    assert pinned("requirements/postgresql.txt").keys() == {
        "psycopg",
        "psycopg-binary",
        "typing-extensions",
    }


def _names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=; ]", requirement)[0] for requirement in requirements}


def test_every_package_is_in_setup_cfg():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    listed = set(setup["options"]["packages"].split())
    mapped = {
        name.split("=")[0].strip() for name in setup["options"]["package_dir"].strip().splitlines()
    }
    folders = {path.parent for path in (ROOT / "appliance").rglob("*.py")}
    assert listed - mapped == {".".join(folder.relative_to(ROOT).parts) for folder in folders}
    assert mapped <= listed


def test_env_example_names_every_variable():
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^#?([A-Z_]+)=", text, re.MULTILINE)) == sorted(config.NAMES)


def test_configuration_is_documented():
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| `([A-Z_]+)` \|", text, re.MULTILINE)) == sorted(config.NAMES)


def test_links_between_documents_lead_somewhere():
    dead = [
        f"{name}: {target}"
        for name, text in texts()
        if name.endswith(".md")
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text)
        if not (ROOT / name).parent.joinpath(target).exists()
    ]
    assert dead == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_sound(script):
    assert script.stat().st_mode & 0o111, f"chmod +x {script.name}"
    done = subprocess.run(["bash", "-n", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_scripts_pass_shellcheck(find_program):
    done = subprocess.run(
        [find_program("shellcheck"), "--external-sources", *SCRIPTS, ROOT / "scripts" / "lib.sh"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_front_end_lock_names_no_address():
    lock = json.loads((ROOT / "frontend" / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert [name for name, package in packages.items() if "resolved" in package] == []
    own = {name: package for name, package in packages.items() if not package.get("inBundle")}
    assert [name for name, package in own.items() if "integrity" not in package] == []


def test_front_end_lock_holds_every_platform():
    """A lock without the packages of other machines is one that `npm ci` refuses there."""
    lock = json.loads((ROOT / "frontend" / "package-lock.json").read_text(encoding="utf-8"))
    locked = {name.rpartition("node_modules/")[2] for name in lock["packages"]}
    optional = {
        name
        for package in lock["packages"].values()
        for name in package.get("optionalDependencies", {})
    }
    assert optional - locked == set()


def test_front_end_is_built():
    index = (ROOT / "frontend_dist" / "index.html").read_text(encoding="utf-8")
    named = re.findall(r"(?:src|href)=\"/(assets/[^\"]+)\"", index)
    assert named
    assert [name for name in named if not (ROOT / "frontend_dist" / name).is_file()] == []


def test_bundled_front_end_code_carries_its_licences():
    """Made by the build from what it bundles, with the versions that are locked."""
    text = (ROOT / "frontend_dist" / "licenses.md").read_text(encoding="utf-8")
    lock = json.loads((ROOT / "frontend" / "package-lock.json").read_text(encoding="utf-8"))
    entries = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    named = {}
    for entry in entries:
        heading, _, licence = entry.partition("\n")
        name, _, rest = heading.partition(" - ")
        named[name] = rest.split(" ")[0]
        assert "Permission is hereby granted" in licence, name
    assert {"svelte", "openapi-fetch", "tailwindcss", "daisyui"} <= named.keys()
    locked = {name: lock["packages"][f"node_modules/{name}"]["version"] for name in named}
    assert named == locked
