"""`.env` is written whole or not at all, and read by others as by us."""

import io
import logging
import stat
import threading

import pytest
from dotenv import dotenv_values
from dotenv.parser import parse_stream
from hypothesis import given
from hypothesis import settings as given_settings
from hypothesis import strategies as st

from appliance import env_file
from appliance.config import Settings
from appliance.errors import ConfigError

KEY = "k" * 32


def test_env_is_for_its_owner(tmp_path):
    path = tmp_path / ".env"
    path.write_text("old")
    path.chmod(0o644)
    env_file.write(path, {"PORT": "1"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.iterdir()] == [".env"]


NAMES = st.from_regex(r"[A-Z][A-Z_]{0,10}", fullmatch=True)
VALUES = st.text(st.characters(exclude_categories=["Cs"]))


@given_settings(max_examples=30)  # each writes to the disk and waits for it
@given(values=st.dictionaries(NAMES, VALUES | st.text("'\"\\#$ =\n\r{}`~", max_size=8)))
def test_any_value_comes_back(tmp_path_factory, values):
    home = tmp_path_factory.getbasetemp() / "round-trip"
    home.mkdir(exist_ok=True)
    env_file.write(home / ".env", values)
    assert env_file.read(home / ".env") == values


def test_other_readers_understand_it_too(tmp_path):
    values = {"SECRET_KEY": "a'b\"c\\d#e$f ${G} h", "EMPTY": ""}
    env_file.write(tmp_path / ".env", values)
    assert dotenv_values(tmp_path / ".env") == values | {"SECRET_KEY": "a'b\"c\\d#e$f  h"}
    assert dotenv_values(tmp_path / ".env", interpolate=False) == values


def test_a_reader_sees_the_old_or_the_new(tmp_path):
    path = tmp_path / ".env"
    versions = [{"A": letter * 50_000} for letter in "xy"]
    env_file.write(path, versions[0])
    seen, done = [], threading.Event()

    def read():
        while not done.is_set():
            seen.append(env_file.read(path))

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(20):
        env_file.write(path, versions[turn % 2])
    done.set()
    reader.join()
    assert seen
    assert all(values in versions for values in seen)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(
            lambda tmp: (tmp / "file").touch() or tmp / "file" / ".env", id="below a file"
        ),
        pytest.param(lambda tmp: tmp / "absent" / ".env", id="no directory"),
        pytest.param(lambda tmp: (tmp / ".env").mkdir() or tmp / ".env", id="it is a directory"),
    ],
)
def test_what_cannot_be_written_leaves_nothing_behind(tmp_path, make):
    path = make(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ConfigError, match=f"cannot write {path}: "):
        env_file.write(path, {"PORT": "1"})
    assert sorted(tmp_path.rglob("*")) == before


def test_a_value_that_is_no_text_leaves_nothing_behind(tmp_path):
    with pytest.raises(ConfigError, match=r"cannot write .*UTF-8"):
        env_file.write(tmp_path / ".env", {"DOMAIN": "\udcff"})
    assert list(tmp_path.iterdir()) == []


# What people write into it


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.mkdir(), "directory"),
        (lambda path: path.write_bytes(b"DOMAIN=\xff\xfe\n"), "UTF-8"),
    ],
)
def test_an_unreadable_env_says_so(tmp_path, make, reason):
    make(tmp_path / ".env")
    with pytest.raises(ConfigError, match=rf"cannot read {tmp_path}/\.env: .*{reason}"):
        Settings.load(tmp_path, environ={"SECRET_KEY": KEY})


def test_an_env_written_by_hand(tmp_path):
    lines = ["# settings", "export PORT=9000", "DOMAIN = example.org # ours", "LOG_LEVEL"]
    (tmp_path / ".env").write_bytes("\r\n".join(lines).encode())
    settings = Settings.load(tmp_path, environ={"SECRET_KEY": KEY})
    assert (settings.port, settings.domain, settings.log_level) == (9000, "example.org", "INFO")


@pytest.mark.parametrize("line", ["=x", "PORT='9000", "what is this = 5", "=x\nPORT=1\n=y"])
def test_the_first_line_that_cannot_be_read_is_named(tmp_path, line, caplog):
    (tmp_path / ".env").write_text(f"SECRET_KEY={KEY}\n{line}\n")
    with pytest.raises(ConfigError, match=r"\.env: line 2 is not NAME=VALUE") as caught:
        Settings.load(tmp_path, environ={})
    assert KEY not in str(caught.value)
    assert caplog.text == "", "python-dotenv's warning would say it a second time"


def test_a_line_is_named_whatever_the_log_lets_through(tmp_path):
    """python-dotenv tells of it by a warning in the log alone."""
    (tmp_path / ".env").write_text("PORT='9000\n")
    log = logging.getLogger("dotenv.main")
    log.setLevel(logging.CRITICAL)
    try:
        with pytest.raises(ConfigError, match="line 1"):
            Settings.load(tmp_path, environ={"SECRET_KEY": KEY})
        assert log.level == logging.CRITICAL
    finally:
        log.setLevel(logging.NOTSET)


def test_the_line_is_counted_past_values_of_several(tmp_path):
    text = "A='one\ntwo'\r\n\r\n  # and\rB=1\n\n\n  C 5\n"
    (tmp_path / ".env").write_bytes(text.encode())
    with pytest.raises(ConfigError, match=r"\.env: line 8 is not NAME=VALUE"):
        Settings.load(tmp_path, environ={"SECRET_KEY": KEY})


PIECES = st.sampled_from([*"a='\"#\\ \t\n\r\x0b", "export ", "A=", "A='b'", 'A="b\nc"\n'])


@given(pieces=st.lists(PIECES))
def test_what_python_dotenv_cannot_read_is_refused(tmp_path_factory, pieces):
    """Its parser tells what that is, but is no documented part of it."""
    path, text = tmp_path_factory.getbasetemp() / "hand-written", "".join(pieces)
    path.write_bytes(text.encode())
    faults = any(binding.error for binding in parse_stream(io.StringIO(text)))
    if faults:
        with pytest.raises(ConfigError):
            env_file.read(path)
    else:
        env_file.read(path)


def test_nothing_is_interpolated(tmp_path):
    (tmp_path / ".env").write_text(f"SECRET_KEY={KEY}$PORT${{PORT}}\nPORT=1\n")
    assert Settings.load(tmp_path, environ={}).secret_key == f"{KEY}$PORT${{PORT}}"
