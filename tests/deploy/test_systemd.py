"""The units: systemd takes every word of them, and they leave a process little to break."""

import configparser
import re
import subprocess
from pathlib import Path

import pytest

TEMPLATE = "appliance-broadcast@.service"
UNITS = ("appliance.service", "appliance-bot.service", TEMPLATE)
TIMER = "appliance-broadcast@.timer"
MAX_EXPOSURE = 1.5  # of 10; what is left is the network, which the program is for

pytestmark = pytest.mark.slow


@pytest.fixture
def analyze(find_program):
    program = find_program("systemd-analyze", package="systemd")

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)

    return run


def installed_copy(unit: Path, folder: Path) -> Path:
    """The unit with a command that exists on this machine."""
    copy = folder / unit.name
    text = unit.read_text(encoding="utf-8")
    copy.write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", text, flags=re.MULTILINE))
    return copy


@pytest.mark.parametrize("name", UNITS)
def test_systemd_understands_every_line(name, root, tmp_path, analyze):
    unit = installed_copy(root / "systemd" / name, tmp_path)
    done = analyze("verify", "--recursive-errors=yes", unit)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_misspelt_directive_is_noticed(root, tmp_path, analyze):
    unit = installed_copy(root / "systemd" / "appliance.service", tmp_path)
    unit.write_text(unit.read_text().replace("ProtectHome=", "ProtectHouse="))
    done = analyze("verify", "--recursive-errors=yes", unit)
    assert "ProtectHouse" in done.stderr


@pytest.mark.parametrize("name", UNITS)
def test_exposure_is_low(name, root, analyze):
    done = analyze("security", "--offline=yes", "--no-pager", root / "systemd" / name)
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert found, done.stderr
    assert float(found.group(1)) <= MAX_EXPOSURE


def test_units_share_one_home(root):
    """Units that share a StateDirectory need the same mode, or each start changes it."""
    services = [_service(root / "systemd" / name) for name in UNITS]
    for key in ("statedirectory", "statedirectorymode", "user", "umask", "environment"):
        assert len({service[key] for service in services}) == 1, key
    assert services[0]["environment"] == "APPLIANCE_HOME=/var/lib/appliance"


def test_the_timer_starts_a_service_that_is_there(root, tmp_path, analyze):
    installed_copy(root / "systemd" / TEMPLATE, tmp_path)
    timer = tmp_path / TIMER.replace("@", "@rehearsal")
    timer.write_text((root / "systemd" / TIMER).read_text(encoding="utf-8"))
    done = analyze("verify", "--recursive-errors=yes", timer)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_timers_broadcast_is_sent_once_a_day(root, tmp_path):
    """The unit's command line, as systemd hands it to the shell, with a program that tells it."""
    text = (root / "systemd" / TEMPLATE).read_text(encoding="utf-8")
    found = re.search(r"^ExecStart=/bin/sh -c '(.+?)'$", text, re.MULTILINE | re.DOTALL)
    assert found
    script = found[1].replace("\\\n", "").replace("$$", "$").replace("%%", "%")
    script = script.replace("/opt/appliance/bin/appliance", "printf '%s\n'")
    environment = {
        "NAME": "rehearsal",
        "OPTIONS": "--to topic:news --html",
        "PATH": "/usr/bin:/bin",
    }
    done = subprocess.run(
        ["/bin/sh", "-c", script.removeprefix("exec ")],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    words = done.stdout.split()
    key = words[words.index("--key") + 1]
    assert re.fullmatch(r"rehearsal-\d{4}-\d\d-\d\d", key)
    assert [word for word in words if word != key] == [
        *("broadcast", "send", "--quiet", "--wait", "--key", "--to", "topic:news", "--html", "-")
    ]


def _service(path: Path) -> configparser.SectionProxy:
    """Of a word that is there more than once the last one."""
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.read(path, encoding="utf-8")
    return parser["Service"]
