"""`.env` is written whole or not at all, and read by others as by us."""

import stat
import threading

import pytest
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import settings as given_settings
from hypothesis import strategies as st

from appliance import config
from appliance.config import write_env_file
from appliance.errors import ConfigError


def test_env_is_for_its_owner(tmp_path):
    path = tmp_path / ".env"
    path.write_text("old")
    path.chmod(0o644)
    write_env_file(path, {"PORT": "1"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.iterdir()] == [".env"]


NAMES = st.from_regex(r"[A-Z][A-Z_]{0,10}", fullmatch=True)
VALUES = st.text(st.characters(exclude_categories=["Cs"]))


@given_settings(max_examples=30)  # each writes to the disk and waits for it
@given(values=st.dictionaries(NAMES, VALUES | st.text("'\"\\#$ =\n\r{}`~", max_size=8)))
def test_any_value_comes_back(tmp_path_factory, values):
    home = tmp_path_factory.getbasetemp() / "round-trip"
    home.mkdir(exist_ok=True)
    write_env_file(home / ".env", values)
    assert config.read_env_file(home / ".env") == values


def test_other_readers_understand_it_too(tmp_path):
    values = {"SECRET_KEY": "a'b\"c\\d#e$f ${G} h", "EMPTY": ""}
    write_env_file(tmp_path / ".env", values)
    assert dotenv_values(tmp_path / ".env") == values | {"SECRET_KEY": "a'b\"c\\d#e$f  h"}
    assert dotenv_values(tmp_path / ".env", interpolate=False) == values


def test_a_reader_sees_the_old_or_the_new(tmp_path):
    path = tmp_path / ".env"
    versions = [{"A": letter * 50_000} for letter in "xy"]
    write_env_file(path, versions[0])
    seen, done = [], threading.Event()

    def read():
        while not done.is_set():
            seen.append(config.read_env_file(path))

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(20):
        write_env_file(path, versions[turn % 2])
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
        write_env_file(path, {"PORT": "1"})
    assert sorted(tmp_path.rglob("*")) == before


def test_a_value_that_is_no_text_leaves_nothing_behind(tmp_path):
    with pytest.raises(ConfigError, match=r"cannot write .*UTF-8"):
        write_env_file(tmp_path / ".env", {"DOMAIN": "\udcff"})
    assert list(tmp_path.iterdir()) == []
